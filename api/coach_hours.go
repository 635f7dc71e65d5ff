package api

import (
	"context"

	"github.com/google/uuid"

	"homefront/services"
	"homefront/services/coaching"
)

// CoachSchedulePath names weekly hours of a coach.
type CoachSchedulePath struct {
	ScheduleID uuid.UUID `path:"schedule_id" doc:"The schedule's id"`
}

func (p CoachSchedulePath) id() uuid.UUID { return p.ScheduleID }

// CoachTimeOffPath names time off of a coach.
type CoachTimeOffPath struct {
	TimeOffID uuid.UUID `path:"time_off_id" doc:"The id of the time off"`
}

func (p CoachTimeOffPath) id() uuid.UUID { return p.TimeOffID }

// CoachDayPath names one day of a coach.
type CoachDayPath struct {
	CoachPath
	Day string `path:"day" maxLength:"10" doc:"A day like 2026-12-24"`
}

func (s *Server) coachHours(r *router) {
	get(r, "/coaches/{coach_id}/availability", getCoachAvailabilityOp, services.CanKeepHours, byID[CoachPath](s.Coaching.Availability))
	post(r, "/coaches/{coach_id}/schedules", createCoachScheduleOp, services.CanKeepHours, func(ctx context.Context, in *struct {
		CoachPath
		Body coaching.NewCoachSchedule
	}) (*coaching.CoachScheduleSaved, error) {
		return s.Coaching.CreateSchedule(ctx, in.CoachID, in.Body)
	})
	get(r, "/coach-schedules/{schedule_id}", getCoachScheduleOp, services.CanKeepHours, byID[CoachSchedulePath](s.Coaching.Schedule))
	patch(r, "/coach-schedules/{schedule_id}", updateCoachScheduleOp, services.CanKeepHours, func(ctx context.Context, in *struct {
		CoachSchedulePath
		Body coaching.CoachSchedulePatch
	}) (*coaching.CoachScheduleSaved, error) {
		return s.Coaching.UpdateSchedule(ctx, in.ScheduleID, in.Body)
	})
	del(r, "/coach-schedules/{schedule_id}", deleteCoachScheduleOp, services.CanKeepHours, func(ctx context.Context, in *struct{ CoachSchedulePath }) error {
		return s.Coaching.DeleteSchedule(ctx, in.ScheduleID)
	})
	put(r, "/coaches/{coach_id}/overrides/{day}", setCoachOverrideOp, services.CanKeepHours, func(ctx context.Context, in *struct {
		CoachDayPath
		Body coaching.SetOverride
	}) (*coaching.CoachOverrideSaved, error) {
		return s.Coaching.PutOverride(ctx, in.CoachID, in.Day, in.Body)
	})
	del(r, "/coaches/{coach_id}/overrides/{day}", deleteCoachOverrideOp, services.CanKeepHours, func(ctx context.Context, in *struct{ CoachDayPath }) error {
		return s.Coaching.DeleteOverride(ctx, in.CoachID, in.Day)
	})
	post(r, "/coaches/{coach_id}/time-off", createCoachTimeOffOp, services.CanKeepHours, func(ctx context.Context, in *struct {
		CoachPath
		Body coaching.NewCoachTimeOff
	}) (*coaching.CoachTimeOffSaved, error) {
		return s.Coaching.CreateTimeOff(ctx, in.CoachID, in.Body)
	})
	get(r, "/coach-time-off/{time_off_id}", getCoachTimeOffOp, services.CanKeepHours, byID[CoachTimeOffPath](s.Coaching.TimeOff))
	del(r, "/coach-time-off/{time_off_id}", deleteCoachTimeOffOp, services.CanKeepHours, func(ctx context.Context, in *struct{ CoachTimeOffPath }) error {
		return s.Coaching.DeleteTimeOff(ctx, in.TimeOffID)
	})
}
