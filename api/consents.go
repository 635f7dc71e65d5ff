package api

import (
	"context"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/people"
)

// ConsentPath names an answer to a consent document.
type ConsentPath struct {
	ConsentID uuid.UUID `path:"consent_id" doc:"The consent's id"`
}

// ConsentDocumentPath names a consent document.
type ConsentDocumentPath struct {
	DocumentID uuid.UUID `path:"document_id" doc:"The document's id"`
}

// ConsentVersionPath names a text of a consent document.
type ConsentVersionPath struct {
	VersionID uuid.UUID `path:"version_id" doc:"The id of one text of a document"`
}

// consents declares what people agree to, and how staff keep it.
func (s *Server) consents(r *router) {
	can, p := services.CanSign, s.People

	get(r, "/me/consents/due", listDueConsentsOp, can, func(ctx context.Context, _ *struct{}) (*services.Page[people.ConsentDue], error) {
		return p.DueConsents(ctx)
	})
	get(r, "/me/consents", listOwnConsentsOp, can, func(ctx context.Context, in *services.PageQuery) (*services.Page[people.OwnConsent], error) {
		return p.OwnConsents(ctx, *in)
	})
	post(r, "/me/consents", signConsentOp, can, func(ctx context.Context, in *struct {
		UserAgent string `header:"User-Agent" hidden:"true"`
		Body      people.SignConsent
	}) (*people.OwnConsent, error) {
		return p.Sign(ctx, in.Body, in.UserAgent)
	})
	get(r, "/me/consents/{consent_id}", getOwnConsentOp, can, func(ctx context.Context, in *ConsentPath) (*people.OwnConsentView, error) {
		return p.OwnConsent(ctx, in.ConsentID)
	})
	act(r, "/me/consents/{consent_id}/revoke", revokeOwnConsentOp, can, func(ctx context.Context, in *ConsentPath) (*people.OwnConsent, error) {
		return p.RevokeOwnConsent(ctx, in.ConsentID)
	})
	s.consentDocuments(r)
	s.recordedConsents(r)
}

// consentDocuments declares the documents and their texts.
func (s *Server) consentDocuments(r *router) {
	can, p := services.CanManageConsents, s.People

	get(r, "/consent-documents", listConsentDocumentsOp, services.CanSign, func(ctx context.Context, in *people.ConsentDocumentFilter) (*services.Page[people.ConsentDocumentView], error) {
		return p.ConsentDocuments(ctx, *in)
	})
	get(r, "/consent-documents/templates", listConsentTemplatesOp, can, func(ctx context.Context, _ *struct{}) (*services.Page[people.ConsentTemplate], error) {
		return p.ConsentTemplates(ctx)
	})
	post(r, "/consent-documents", createConsentDocumentOp, can, func(ctx context.Context, in *struct{ Body people.CreateConsentDocument }) (*people.ConsentDocumentView, error) {
		return p.CreateConsentDocument(ctx, in.Body)
	})
	get(r, "/consent-documents/{document_id}", getConsentDocumentOp, services.CanSign, func(ctx context.Context, in *ConsentDocumentPath) (*people.ConsentDocumentView, error) {
		return p.ConsentDocument(ctx, in.DocumentID)
	})
	patch(r, "/consent-documents/{document_id}", updateConsentDocumentOp, can, func(ctx context.Context, in *struct {
		ConsentDocumentPath
		Body people.PatchConsentDocument
	}) (*people.ConsentDocumentView, error) {
		return p.UpdateConsentDocument(ctx, in.DocumentID, in.Body)
	})
	act(r, "/consent-documents/{document_id}/retire", retireConsentDocumentOp, can, func(ctx context.Context, in *ConsentDocumentPath) (*people.ConsentDocumentView, error) {
		return p.RetireConsentDocument(ctx, in.DocumentID)
	})
	act(r, "/consent-documents/{document_id}/reinstate", reinstateConsentDocumentOp, can, func(ctx context.Context, in *ConsentDocumentPath) (*people.ConsentDocumentView, error) {
		return p.ReinstateConsentDocument(ctx, in.DocumentID)
	})
	get(r, "/consent-documents/{document_id}/missing", listMissingSignersOp, can, func(ctx context.Context, in *struct {
		ConsentDocumentPath
		services.PageQuery
	}) (*services.Page[people.MissingSigner], error) {
		return p.MissingSigners(ctx, in.DocumentID, in.PageQuery)
	})
	get(r, "/consent-documents/{document_id}/consent-versions", listConsentVersionsOp, can, func(ctx context.Context, in *ConsentDocumentPath) (*services.Page[models.ConsentVersion], error) {
		return p.ConsentVersions(ctx, in.DocumentID)
	})
	post(r, "/consent-documents/{document_id}/consent-versions", createConsentVersionOp, can, func(ctx context.Context, in *struct {
		ConsentDocumentPath
		Body people.NewConsentVersion
	}) (*models.ConsentVersion, error) {
		return p.AddConsentVersion(ctx, in.DocumentID, in.Body)
	})
	get(r, "/consent-versions/{version_id}", getConsentVersionOp, can, func(ctx context.Context, in *ConsentVersionPath) (*models.ConsentVersion, error) {
		return p.ConsentVersion(ctx, in.VersionID)
	})
	patch(r, "/consent-versions/{version_id}", updateConsentVersionOp, can, func(ctx context.Context, in *struct {
		ConsentVersionPath
		Body people.PatchConsentVersion
	}) (*models.ConsentVersion, error) {
		return p.UpdateConsentVersion(ctx, in.VersionID, in.Body)
	})
	act(r, "/consent-versions/{version_id}/publish", publishConsentVersionOp, can, func(ctx context.Context, in *struct {
		ConsentVersionPath
		Body people.PublishConsentVersion
	}) (*models.ConsentVersion, error) {
		return p.PublishConsentVersion(ctx, in.VersionID, in.Body)
	})
}

// recordedConsents declares what staff do with the answers of people.
func (s *Server) recordedConsents(r *router) {
	can, p := services.CanManageConsents, s.People

	get(r, "/consents", listConsentsOp, can, func(ctx context.Context, in *people.ConsentFilter) (*services.Page[people.ConsentRow], error) {
		return p.Consents(ctx, *in)
	})
	post(r, "/members/{member_id}/consents", recordConsentOp, can, func(ctx context.Context, in *struct {
		MemberPath
		Body people.RecordConsent
	}) (*people.ConsentRow, error) {
		return p.RecordConsent(ctx, in.MemberID, in.Body)
	})
	get(r, "/consents/{consent_id}", getConsentOp, can, func(ctx context.Context, in *ConsentPath) (*people.ConsentEvidence, error) {
		return p.GetConsent(ctx, in.ConsentID)
	})
	act(r, "/consents/{consent_id}/revoke", revokeConsentOp, can, func(ctx context.Context, in *struct {
		ConsentPath
		Body people.StaffReason
	}) (*people.ConsentRow, error) {
		return p.RevokeConsent(ctx, in.ConsentID, in.Body)
	})
	act(r, "/consents/{consent_id}/reinstate", reinstateConsentOp, can, func(ctx context.Context, in *struct {
		ConsentPath
		Body people.StaffReason
	}) (*people.ConsentRow, error) {
		return p.ReinstateConsent(ctx, in.ConsentID, in.Body)
	})
	act(r, "/consents/{consent_id}/decide", decideConsentOp, can, func(ctx context.Context, in *struct {
		ConsentPath
		Body people.DecideConsent
	}) (*people.ConsentRow, error) {
		return p.DecideConsent(ctx, in.ConsentID, in.Body)
	})
}
