// Package demodata fills an empty database with a nonprofit that never was: people, programs, workshops past and to come,
// registrations in every state. What has consequences is done by the use cases themselves, as the person who would do it
// and at the time at which they would have: the clock is set to each moment in turn.
package demodata

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"homefront/api"
	"homefront/models"
	"homefront/services"
)

// Domain is where all demo people have their addresses. No mail can leave for it (RFC 2606).
const Domain = "demo.homefront.example"

// Password signs every demo account in.
const Password = "homefront-demo-1775"

// Summary is what Load made; its Members are 0 when the demo data of an earlier start was kept.
type Summary struct {
	Members, Households, Workshops, Registrations, Engagements, CoachingSessions int
	Took                                                                         time.Duration
}

// The marks of demo data. The first account made says that everything in the database is ours, the last one that it is
// all there. A start that finds the one without the other was interrupted: it removes what there is and begins again,
// so that a crash halfway never blocks the next start.
const (
	firstAccount = "admin@" + Domain
	lastAccount  = "privacy@" + Domain
)

var errRealData = errors.New("this database holds data that is not the demo's: the demo leaves it alone; use another data directory (HOMEFRONT_DATA)")

// seed makes the same people at every first start.
const seed = 1775

// Load fills an empty database, and leaves one that holds demo data as it is. It takes the clock for itself meanwhile and
// lets real time go on at the end. owner is the address by which the owner of the tables reaches the database: what an interrupted
// load left can be in tables from which the program itself takes nothing away.
// Errors: when the database holds anything that is not the demo's; nothing is changed then.
func Load(ctx context.Context, s api.Services, owner string) (Summary, error) {
	started := time.Now()
	db := s.Core.Writes()
	state, err := examine(ctx, db)
	if err != nil || state == complete {
		return Summary{}, err
	}
	if state == interrupted {
		if err := remove(ctx, owner); err != nil {
			return Summary{}, fmt.Errorf("removing the demo data of an interrupted start: %w", err)
		}
	}
	l := &loader{ctx: ctx, s: s, db: db, rng: rand.New(rand.NewPCG(seed, seed)), now: s.Core.Clock.Now(), //nolint:gosec // chance, not secrets
		known: map[uuid.UUID]*person{}, answering: map[uuid.UUID]time.Time{}, theirs: map[uuid.UUID]bool{}, away: map[uuid.UUID]bool{}}
	defer s.Core.Clock.Reset()
	if err := l.relaxed(l.load); err != nil {
		return Summary{}, fmt.Errorf("demo data: %w", err)
	}
	l.made.Took = time.Since(started)
	return l.made, nil
}

type contents int

const (
	empty contents = iota
	interrupted
	complete
)

// examine says what the database holds. Once complete it is the demo's, whoever signed up in it since.
func examine(ctx context.Context, db querier) (contents, error) {
	var first, last, foreign, anything bool
	err := db.QueryRow(ctx, `select exists (select from accounts where email = $1), exists (select from accounts where email = $2),
		exists (select from accounts where email not like '%@' || $3) or exists (select from members where email not like '%@' || $3),
		exists (select from accounts) or exists (select from members) or exists (select from programs) or exists (select from venues) or exists (select from workshops)`,
		firstAccount, lastAccount, Domain).Scan(&first, &last, &foreign, &anything)
	switch {
	case err != nil:
		return empty, err
	case first && last:
		return complete, nil
	case !anything:
		return empty, nil
	case first && !foreign:
		return interrupted, nil
	}
	return empty, errRealData
}

type querier interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// tables of ours that may be emptied, those that refer to others first. The audit log stays: it tells of the first try. So do
// the texts of consents and the questions of forms: once they are published nobody can take them back, and the next try uses
// them again.
var tables = []string{
	"form_answers", "form_responses", "roll_up_checks", "eligibility_waivers", "program_attendance", "enrollment_events", "enrollment_pauses", "enrollments", "cohorts",
	"merge_moves", "merges", "duplicate_pairs", "death_effects", "deaths", "import_rows", "imports", "exports", "contacts", "help_request_asks", "help_requests",
	"workshop_message_people", "workshop_messages", "referrals", "referral_partners", "consents", "separations", "member_holds", "member_restrictions", "saved_searches", "released_places",
	"thanks", "session_feedback", "feedback_groups",
	"coaching_note_texts", "coaching_notes", "break_glass", "coaching_logs", "coaching_words", "coaching_actions", "coaching_goal_moves", "coaching_goals", "hand_over_answers", "hand_overs",
	"coaching_attendance", "coaching_sessions", "engagement_coaches", "engagement_participants", "engagements",
	"coach_clients", "coach_time_off", "coach_overrides", "coach_hours", "coach_schedules", "coaches",
	"certificates", "attendance", "check_ins", "head_counts", "attendees", "registrations", "workshop_passes", "pools", "session_facilitators", "workshop_sessions", "workshop_facilitators", "workshops",
	"commitments", "resources", "rooms", "venues", "programs", "messages", "bounces", "tasks", "invitations", "one_time_tokens", "refresh_tokens", "sessions", "accounts",
	"service_records", "credentials", "guardianships", "relationships", "household_members", "households", "emergency_contacts", "dependent_details",
	"members", "subject_keys", "key_rotations", "idempotency_keys", "rate_limits", "river_job",
}

// untie frees the rows that stay from what goes.
var untie = []string{
	`update consent_document_versions set published_by = null where published_by is not null`,
	`delete from consent_document_versions where published_at is null`,
	`update form_versions set published_by = null where published_by is not null`,
	`delete from form_versions where published_at is null`,
	`update workshops set registration_form_id = null where registration_form_id is not null`,
	`update programs set intake_form_id = null where intake_form_id is not null`,
	`delete from forms f where not exists (select from form_versions v where v.form_id = f.id)`,
	`delete from consent_documents d where not exists (select from consent_document_versions v where v.document_id = d.id)`,
	`update duplicate_scans set changed_at = '0001-01-01T00:00:00Z', member_id = '00000000-0000-0000-0000-000000000000'`,
}

// final is a guard of what was signed, which holds against the program and not against the owner of the table.
const final = `alter table coaching_note_texts %s trigger coaching_note_texts_final`

// remove takes an interrupted load back, all of it or nothing.
func remove(ctx context.Context, owner string) error {
	c, err := pgx.Connect(ctx, owner)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close(context.WithoutCancel(ctx)) }()
	return pgx.BeginFunc(ctx, c, func(tx pgx.Tx) error {
		all := append(slices.Clone(untie), fmt.Sprintf(final, "disable"))
		for _, table := range tables {
			all = append(all, "delete from "+table)
		}
		for _, sql := range append(all, fmt.Sprintf(final, "enable")) {
			if _, err := tx.Exec(ctx, sql); err != nil {
				return fmt.Errorf("%s: %w", sql, err)
			}
		}
		return nil
	})
}

// relaxed runs do with commits that do not wait for the disk: thousands of them would. A crash may lose the last ones,
// never the first without the last; the next start then begins again. The account that ends the load is committed in
// full, and all before it with it.
func (l *loader) relaxed(do func() error) error {
	if err := l.everyConn("set synchronous_commit = off"); err != nil {
		return err
	}
	err := do()
	if reset := l.everyConn("reset synchronous_commit"); err == nil {
		err = reset
	}
	if err != nil {
		return err
	}
	return l.account(l.office["privacy"])
}

func (l *loader) everyConn(sql string) error {
	for _, c := range l.db.AcquireAllIdle(l.ctx) {
		_, err := c.Exec(l.ctx, sql)
		c.Release()
		if err != nil {
			return err
		}
	}
	return nil
}

// load makes all of it, in the order of what needs what.
func (l *loader) load() error {
	for _, step := range []func() error{l.staff, l.people, l.plan, l.early, l.lives, l.verified, l.guarded, l.consented,
		l.restricted, l.enrolls, l.apart, l.cares, l.losses, l.twice, l.evenings, l.coached, l.sheets, l.loose, l.nights, l.mail} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// at sets the clock and answers the context of a call by p at that time.
func (l *loader) at(t time.Time, p *person) context.Context {
	l.s.Core.Clock.Set(t)
	return services.WithCall(l.ctx, &services.Call{Actor: p.actor(), RequestID: "demo", IfMatch: "*"})
}

// system is at, for what nobody did by hand.
func (l *loader) system(t time.Time) context.Context {
	l.s.Core.Clock.Set(t)
	return services.AsSystem(l.ctx, "demo.load")
}

func (l *loader) ago(days int) time.Time { return l.now.AddDate(0, 0, -days) }

func (l *loader) day(daysFromNow int) models.Date {
	return models.DateOf(l.now.AddDate(0, 0, daysFromNow))
}
