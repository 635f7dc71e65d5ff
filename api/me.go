package api

import (
	"context"

	"homefront/models"
	"homefront/services"
	"homefront/services/accounts"
	"homefront/services/people"
)

// me declares what people do with their own record, their children and their links.
func (s *Server) me(r *router) {
	can, p := services.CanManageFamily, s.People

	get(r, "/me", getMeOp, can, func(ctx context.Context, _ *struct{}) (*people.Me, error) {
		return p.Me(ctx)
	})
	patch(r, "/me", updateMeOp, can, func(ctx context.Context, in *struct{ Body people.PatchMe }) (*people.Me, error) {
		return p.UpdateMe(ctx, in.Body)
	})
	start(r, "/me/email", changeMyEmailOp, services.CanChangeContact, func(ctx context.Context, in *struct{ Body accounts.ContactAddress }) (*accounts.MailPromised, error) {
		return s.Accounts.ChangeContact(ctx, in.Body)
	})
	get(r, "/me/needs", getMyNeedsOp, can, func(ctx context.Context, _ *struct{}) (*models.Needs, error) {
		return p.OwnNeeds(ctx)
	})
	patch(r, "/me/needs", updateMyNeedsOp, can, func(ctx context.Context, in *struct{ Body people.NeedsPatch }) (*models.Needs, error) {
		return p.UpdateOwnNeeds(ctx, in.Body)
	})
	get(r, "/me/emergency-contacts", listMyContactsOp, can, func(ctx context.Context, _ *struct{}) (*services.Page[models.EmergencyContact], error) {
		return p.OwnContacts(ctx)
	})
	put(r, "/me/emergency-contacts", replaceMyContactsOp, can, func(ctx context.Context, in *struct{ Body people.EmergencyContacts }) (*services.Page[models.EmergencyContact], error) {
		return p.ReplaceOwnContacts(ctx, in.Body)
	})
	s.myDependents(r)
	s.myRelationships(r)
}

func (s *Server) myDependents(r *router) {
	can, p := services.CanManageFamily, s.People

	get(r, "/me/dependents", listMyDependentsOp, can, func(ctx context.Context, _ *struct{}) (*services.Page[people.Dependent], error) {
		return p.Dependents(ctx)
	})
	post(r, "/me/dependents", addMyDependentOp, can, func(ctx context.Context, in *struct{ Body people.AddDependent }) (*people.DependentView, error) {
		return p.AddDependent(ctx, in.Body)
	})
	get(r, "/me/dependents/{member_id}", getMyDependentOp, can, func(ctx context.Context, in *MemberPath) (*people.DependentView, error) {
		return p.Dependent(ctx, in.MemberID)
	})
	patch(r, "/me/dependents/{member_id}", updateMyDependentOp, can, func(ctx context.Context, in *struct {
		MemberPath
		Body people.PatchDependent
	}) (*people.DependentView, error) {
		return p.UpdateDependent(ctx, in.MemberID, in.Body)
	})
	get(r, "/me/dependents/{member_id}/emergency-contacts", listDependentContactsOp, can, func(ctx context.Context, in *MemberPath) (*services.Page[models.EmergencyContact], error) {
		return p.DependentContacts(ctx, in.MemberID)
	})
	put(r, "/me/dependents/{member_id}/emergency-contacts", replaceDependentContactsOp, can, func(ctx context.Context, in *struct {
		MemberPath
		Body people.EmergencyContacts
	}) (*services.Page[models.EmergencyContact], error) {
		return p.ReplaceDependentContacts(ctx, in.MemberID, in.Body)
	})
}

func (s *Server) myRelationships(r *router) {
	can, p := services.CanManageFamily, s.People

	get(r, "/me/relationships", listMyRelationshipsOp, can, func(ctx context.Context, _ *struct{}) (*services.Page[people.RelationshipLink], error) {
		return p.Links(ctx)
	})
	post(r, "/me/relationships", askRelationshipOp, can, func(ctx context.Context, in *struct{ Body people.AskRelationship }) (*people.RelationshipLink, error) {
		return p.Ask(ctx, in.Body)
	})
	get(r, "/me/relationships/{relationship_id}", getMyRelationshipOp, can, func(ctx context.Context, in *RelationshipPath) (*people.RelationshipLink, error) {
		return p.Link(ctx, in.RelationshipID)
	})
	act(r, "/me/relationships/{relationship_id}/accept", acceptRelationshipOp, can, func(ctx context.Context, in *RelationshipPath) (*people.RelationshipLink, error) {
		return p.Accept(ctx, in.RelationshipID)
	})
	del(r, "/me/relationships/{relationship_id}", unlinkRelationshipOp, can, func(ctx context.Context, in *RelationshipPath) error {
		return p.Unlink(ctx, in.RelationshipID)
	})
}
