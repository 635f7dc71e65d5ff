package api

import (
	"context"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/coaching"
)

// NotePath names a note of a coach.
type NotePath struct {
	NoteID uuid.UUID `path:"note_id" doc:"The note's id"`
}

func (p NotePath) id() uuid.UUID { return p.NoteID }

func (s *Server) coachingNotes(r *router) {
	get(r, "/engagements/{engagement_id}/notes", listEngagementNotesOp, services.CanReadNotes, func(ctx context.Context, in *struct {
		EngagementPath
		coaching.NoteQuery
	}) (services.Page[coaching.NoteView], error) {
		return s.Coaching.EngagementNotes(ctx, in.EngagementID, in.NoteQuery)
	})
	post(r, "/engagements/{engagement_id}/notes", writeEngagementNoteOp, services.CanWriteNotes, func(ctx context.Context, in *struct {
		EngagementPath
		Body coaching.WriteNote
	}) (*models.CoachingNote, error) {
		return s.Coaching.WriteEngagementNote(ctx, in.EngagementID, in.Body)
	})
	get(r, "/coaching-sessions/{coaching_session_id}/notes", listSessionNotesOp, services.CanReadNotes, func(ctx context.Context, in *struct {
		CoachingSessionPath
		coaching.NoteQuery
	}) (services.Page[coaching.NoteView], error) {
		return s.Coaching.SessionNotes(ctx, in.CoachingSessionID, in.NoteQuery)
	})
	post(r, "/coaching-sessions/{coaching_session_id}/notes", writeSessionNoteOp, services.CanWriteNotes, func(ctx context.Context, in *struct {
		CoachingSessionPath
		Body coaching.WriteNote
	}) (*models.CoachingNote, error) {
		return s.Coaching.WriteSessionNote(ctx, in.CoachingSessionID, in.Body)
	})
	get(r, "/me/supervision-notes", listSupervisionNotesOp, services.CanReadNotes, func(ctx context.Context, in *services.PageQuery) (services.Page[coaching.NoteView], error) {
		return s.Coaching.SupervisionNotes(ctx, *in)
	})
	get(r, "/coaching-notes/{note_id}", readNoteOp, services.CanReadNotes, byID[NotePath](s.Coaching.Note))
	get(r, "/coaching-notes/{note_id}/versions", listNoteVersionsOp, services.CanReadNotes, func(ctx context.Context, in *struct {
		NotePath
		services.PageQuery
	}) (services.Page[coaching.NoteVersion], error) {
		return s.Coaching.NoteVersions(ctx, in.NoteID, in.PageQuery)
	})
	put(r, "/coaching-notes/{note_id}", saveNoteOp, services.CanWriteNotes, func(ctx context.Context, in *struct {
		NotePath
		Body coaching.SaveNote
	}) (*models.CoachingNote, error) {
		return s.Coaching.SaveNote(ctx, in.NoteID, in.Body)
	})
	act(r, "/coaching-notes/{note_id}/sign", signNoteOp, services.CanWriteNotes, byID[NotePath](s.Coaching.SignNote))
	act(r, "/coaching-notes/{note_id}/amend", amendNoteOp, services.CanWriteNotes, func(ctx context.Context, in *struct {
		NotePath
		Body coaching.AmendNote
	}) (*models.CoachingNote, error) {
		return s.Coaching.AmendNote(ctx, in.NoteID, in.Body)
	})
	del(r, "/coaching-notes/{note_id}", deleteNoteOp, services.CanWriteNotes, func(ctx context.Context, in *struct{ NotePath }) error {
		return s.Coaching.DeleteNote(ctx, in.NoteID)
	})
}
