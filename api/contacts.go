package api

import (
	"context"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/outreach"
)

// ContactPath names a contact.
type ContactPath struct {
	ContactID uuid.UUID `path:"contact_id" doc:"The contact's id"`
}

// contacts declares what staff log of the calls they made, and what the member reads of it.
func (s *Server) contacts(r *router) {
	can, o := services.CanLogContacts, s.Outreach

	get(r, "/members/{member_id}/contacts", listContactsOp, can, func(ctx context.Context, in *struct {
		MemberPath
		outreach.ContactFilter
	}) (*services.Page[models.Contact], error) {
		return o.Contacts(ctx, in.MemberID, in.ContactFilter)
	})
	post(r, "/members/{member_id}/contacts", logContactOp, can, func(ctx context.Context, in *struct {
		MemberPath
		Body outreach.LogContact
	}) (*models.Contact, error) {
		return o.Log(ctx, in.MemberID, in.Body)
	})
	get(r, "/contacts/{contact_id}", getContactOp, can, func(ctx context.Context, in *ContactPath) (*outreach.ContactView, error) {
		return o.Contact(ctx, in.ContactID)
	})
	patch(r, "/contacts/{contact_id}", correctContactOp, can, func(ctx context.Context, in *struct {
		ContactPath
		Body outreach.PatchContact
	}) (*models.Contact, error) {
		return o.CorrectContact(ctx, in.ContactID, in.Body)
	})
	act(r, "/contacts/{contact_id}/void", voidContactOp, can, func(ctx context.Context, in *struct {
		ContactPath
		Body outreach.Reason
	}) (*models.Contact, error) {
		return o.VoidContact(ctx, in.ContactID, in.Body)
	})
	act(r, "/contacts/{contact_id}/restore", restoreContactOp, can, func(ctx context.Context, in *struct {
		ContactPath
		Body outreach.Reason
	}) (*models.Contact, error) {
		return o.RestoreContact(ctx, in.ContactID, in.Body)
	})
	get(r, "/me/contacts", myContactsOp, services.CanSeeReferrals, func(ctx context.Context, in *services.PageQuery) (*services.Page[outreach.MyContact], error) {
		return o.MyContacts(ctx, *in)
	})
}
