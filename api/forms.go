package api

import (
	"context"

	"github.com/google/uuid"

	"homefront/services"
	"homefront/services/forms"
)

// FormPath names a form.
type FormPath struct {
	FormID uuid.UUID `path:"form_id" doc:"The form's id"`
}

// FormVersionPath names a version of a form.
type FormVersionPath struct {
	VersionID uuid.UUID `path:"version_id" doc:"The id of one version of a form"`
}

// forms declares what people are asked.
func (s *Server) forms(r *router) {
	can, f := services.CanManageForms, s.Forms

	get(r, "/forms", listFormsOp, can, func(ctx context.Context, in *forms.FormFilter) (*services.Page[forms.FormView], error) {
		return f.List(ctx, *in)
	})
	post(r, "/forms", createFormOp, can, func(ctx context.Context, in *struct{ Body forms.NewForm }) (*forms.FormView, error) {
		return f.Create(ctx, in.Body)
	})
	act(r, "/forms/preview", previewFormOp, can, func(ctx context.Context, in *struct{ Body forms.PreviewForm }) (*forms.FormPreview, error) {
		return f.Preview(ctx, in.Body)
	})
	get(r, "/forms/{form_id}", getFormOp, can, func(ctx context.Context, in *FormPath) (*forms.FormView, error) {
		return f.Get(ctx, in.FormID)
	})
	patch(r, "/forms/{form_id}", updateFormOp, can, func(ctx context.Context, in *struct {
		FormPath
		Body forms.PatchForm
	}) (*forms.FormView, error) {
		return f.Update(ctx, in.FormID, in.Body)
	})
	act(r, "/forms/{form_id}/archive", archiveFormOp, can, func(ctx context.Context, in *FormPath) (*forms.FormView, error) {
		return f.Archive(ctx, in.FormID)
	})
	act(r, "/forms/{form_id}/restore", restoreFormOp, can, func(ctx context.Context, in *FormPath) (*forms.FormView, error) {
		return f.Restore(ctx, in.FormID)
	})
	post(r, "/forms/{form_id}/clone", cloneFormOp, can, func(ctx context.Context, in *struct {
		FormPath
		Body forms.CloneForm
	}) (*forms.FormView, error) {
		return f.Clone(ctx, in.FormID, in.Body)
	})
	get(r, "/forms/{form_id}/diff", diffFormOp, can, func(ctx context.Context, in *struct {
		FormPath
		forms.FormDiffQuery
	}) (*forms.FormDiff, error) {
		return f.Diff(ctx, in.FormID, in.FormDiffQuery)
	})
	get(r, "/forms/{form_id}/current", getCurrentFormOp, services.CanAnswerForms, func(ctx context.Context, in *FormPath) (*forms.FormVersionView, error) {
		return f.Current(ctx, in.FormID)
	})
	s.formVersions(r)
}

// formVersions declares the questions of a form.
func (s *Server) formVersions(r *router) {
	can, f := services.CanManageForms, s.Forms

	get(r, "/forms/{form_id}/form-versions", listFormVersionsOp, can, func(ctx context.Context, in *struct {
		FormPath
		services.PageQuery
	}) (*services.Page[forms.FormVersionSummary], error) {
		return f.Versions(ctx, in.FormID, in.PageQuery)
	})
	post(r, "/forms/{form_id}/form-versions", createFormVersionOp, can, func(ctx context.Context, in *struct {
		FormPath
		Body forms.NewFormVersion
	}) (*forms.FormVersionView, error) {
		return f.AddVersion(ctx, in.FormID, in.Body)
	})
	get(r, "/form-versions/{version_id}", getFormVersionOp, services.CanAnswerForms, func(ctx context.Context, in *FormVersionPath) (*forms.FormVersionView, error) {
		return f.Version(ctx, in.VersionID)
	})
	patch(r, "/form-versions/{version_id}", updateFormVersionOp, can, func(ctx context.Context, in *struct {
		FormVersionPath
		Body forms.PatchFormVersion
	}) (*forms.FormVersionView, error) {
		return f.UpdateVersion(ctx, in.VersionID, in.Body)
	})
	act(r, "/form-versions/{version_id}/publish", publishFormVersionOp, can, func(ctx context.Context, in *FormVersionPath) (*forms.FormVersionView, error) {
		return f.Publish(ctx, in.VersionID)
	})
	del(r, "/form-versions/{version_id}", deleteFormVersionOp, can, func(ctx context.Context, in *FormVersionPath) error {
		return f.DeleteVersion(ctx, in.VersionID)
	})
}
