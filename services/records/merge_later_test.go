package records_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/records"
)

// A separation whose last day has passed is live until somebody ends it: it neither takes the place of the one that holds, nor
// stands against the merge.
func TestAMergeKeepsTheSeparationThatHoldsLonger(t *testing.T) {
	day := func(d models.Date) *models.Date { return &d }
	past, soon := day(models.DateOf(noon.AddDate(0, -1, 0))), day(models.DateOf(noon.AddDate(0, 1, 0)))
	for name, c := range map[string]struct {
		winners, losers *models.Date
		kind            models.SeparationKind // of the loser's; the winner is protected
		stays           string
		ends            *models.Date
	}{
		"the winner's has lapsed":                    {past, nil, models.SeparationProtected, "loser", nil},
		"the winner's has lapsed and is another":     {past, nil, models.SeparationMutual, "loser", nil},
		"the loser's has lapsed and is another":      {nil, past, models.SeparationMutual, "winner", nil},
		"the winner's ends sooner":                   {soon, nil, models.SeparationProtected, "loser", nil},
		"the loser's ends sooner":                    {nil, soon, models.SeparationProtected, "winner", nil},
		"both for ever":                              {nil, nil, models.SeparationProtected, "winner", nil},
		"the loser's has lapsed, the winner's holds": {soon, past, models.SeparationProtected, "winner", soon},
	} {
		t.Run(name, func(t *testing.T) {
			h := build(t)
			winner, loser, x := h.known("Ida Moon", 30), h.known("Ida Moone", 30), h.known("Rex Moon", 30)
			rows := map[string]uuid.UUID{"winner": services.NewID(), "loser": services.NewID()}
			apart := func(whose string, kind models.SeparationKind, who uuid.UUID, ends *models.Date) {
				h.exec(`insert into separations (id, version, created_at, updated_at, kind, first_id, second_id, review_on, ends_on, status, created_by) values ($1, 1, $2, $2, $3, $4, $5, '2026-06-01', $6, 'live', $7)`,
					rows[whose], noon, string(kind), who, x, ends, h.cora.member)
			}
			apart("winner", models.SeparationProtected, winner, c.winners)
			apart("loser", c.kind, loser, c.losers)
			m, err := h.merge(h.cora, winner, loser)
			if err != nil {
				t.Fatal(err)
			}
			if n := h.count(`select count(*) from separations where status = 'live' and id = $1 and first_id = $2 and second_id = $3 and ends_on is not distinct from $4`, rows[c.stays], winner, x, c.ends); n != 1 {
				t.Errorf("the %s's does not hold", c.stays)
			}
			if n := h.count(`select count(*) from separations where status = 'live'`); n != 1 {
				t.Errorf("%d are live", n)
			}
			if _, err := h.records.Undo(h.as(h.cora), m.ID, records.UndoMerge{Reason: "No"}); err != nil {
				t.Fatal(err)
			}
			if n := h.count(`select count(*) from separations where status = 'live' and (id = $1 and first_id = $2 or id = $3 and first_id = $4)`, rows["winner"], winner, rows["loser"], loser); n != 2 {
				t.Errorf("%d stand again", n)
			}
		})
	}
	t.Run("a lapsed one between the two", func(t *testing.T) {
		h := build(t)
		a, b := h.known("Ida Moon", 30), h.known("Ida Moone", 30)
		h.exec(`insert into separations (id, version, created_at, updated_at, kind, first_id, second_id, review_on, ends_on, status, created_by) values ($1, 1, $2, $2, 'mutual', $3, $4, '2026-06-01', $5, 'live', $6)`,
			services.NewID(), noon, a, b, past, h.cora.member)
		if _, err := h.merge(h.cora, a, b); err != nil {
			t.Fatal(err)
		}
		if n := h.count(`select count(*) from separations where status = 'live'`); n != 0 {
			t.Error("somebody is kept apart from themselves")
		}
	})
}

// What was taken back on one record is not given again by an older yes on the other.
func TestAMergeRevivesNoConsent(t *testing.T) {
	h := build(t)
	winner, loser := h.known("Luis Ortega", 40), h.known("Lou Ortega", 40)
	h.exec(`update members set sms_opt_in = true where id = $1`, winner)
	kinds := map[models.ConsentKind]uuid.UUID{}
	answered := func(kind models.ConsentKind, who uuid.UUID, status string, signed time.Time, revoked *time.Time) uuid.UUID {
		id := services.NewID()
		h.exec(`insert into consents (id, version, created_at, updated_at, member_id, document_id, version_id, status, latest, method, signed_by, name_typed, signed_on, signed_at, text_hash, revoked_at)
			select $1, 1, $2, $2, $3, d.id, v.id, $4, true, 'typed', $3, 'Luis', $5, $2, v.text_hash, $6 from consent_documents d join consent_document_versions v on v.document_id = d.id where d.id = $7`,
			id, signed, who, status, models.DateOf(signed), revoked, kinds[kind])
		return id
	}
	for _, kind := range []models.ConsentKind{models.ConsentSMS, models.ConsentPhotoRelease} {
		kinds[kind] = services.NewID()
		h.exec(`insert into consent_documents (id, version, created_at, updated_at, kind, title, optional, assent, status) values ($1, 1, $2, $2, $3, 'Text', true, false, 'published')`, kinds[kind], noon, string(kind))
		h.exec(`insert into consent_document_versions (id, version, created_at, updated_at, document_id, number, language, body, text_hash, material, effective_from, published_at)
			values ($1, 1, $2, $2, $3, 1, 'en', 'Text', encode(sha256(convert_to('Text', 'UTF8')), 'hex'), true, $2, $2)`, services.NewID(), noon.AddDate(-2, 0, 0), kinds[kind])
	}
	yearAgo, older, yesterday := noon.AddDate(-1, 0, 0), noon.AddDate(-1, -6, 0), noon.AddDate(0, 0, -1)
	answered(models.ConsentSMS, winner, "granted", yearAgo, nil)
	sms := answered(models.ConsentSMS, loser, "revoked", older, &yesterday)
	no := answered(models.ConsentPhotoRelease, winner, "declined", older, nil)
	yes := answered(models.ConsentPhotoRelease, loser, "granted", yearAgo, nil)
	m, err := h.merge(h.cora, winner, loser)
	if err != nil {
		t.Fatal(err)
	}
	for what, id := range map[string]uuid.UUID{"revoked": sms, "granted": yes} {
		if n := h.count(`select count(*) from consents where id = $1 and latest and status = $2 and member_id = $3 and signed_by = $3`, id, what, winner); n != 1 {
			t.Errorf("what was said last does not stand: %s", what)
		}
	}
	if n := h.count(`select count(*) from consents where id = $1 and not latest and status = 'declined'`, no); n != 1 {
		t.Error("a refusal is none in the history")
	}
	if n := h.count(`select count(*) from members where id = $1 and sms_opt_in`, winner); n != 0 {
		t.Error("text messages go on")
	}
	if _, err := h.records.Undo(h.as(h.cora), m.ID, records.UndoMerge{Reason: "No"}); err != nil {
		t.Fatal(err)
	}
	if n := h.count(`select count(*) from consents where latest and status in ('granted', 'revoked', 'declined')`); n != 4 {
		t.Errorf("%d stand again", n)
	}
	if n := h.count(`select count(*) from members where id = $1 and sms_opt_in`, winner); n != 1 {
		t.Error("the winner's own choice does not come back")
	}
}

// With the only guardian who agreed, the ground of a teen's account is gone.
func TestAGuardiansDeathAsksAgainAboutTheTeensAccount(t *testing.T) {
	h := build(t)
	luis, maya := h.human("Luis Ortega"), h.known("Maya Ortega", 15, models.KindChild)
	claim := h.known("Leo Ortega", 9, models.KindChild)
	confirmed := h.guard(luis.member, maya)
	claimed := h.guard(luis.member, claim)
	h.exec(`update guardianships set status = 'claimed', evidence = null, confirmed_at = null, confirmed_by = null where id = $1`, claimed)
	h.exec(`insert into tasks (id, version, created_at, updated_at, kind, title, member_id, record, record_id, queue, due_at, status) values ($1, 1, $2, $2, $3, 'Confirm', $4, 'guardianship', $5, 'coordinators', $2, 'open')`,
		services.NewID(), noon, string(models.TaskConfirmGuardianship), claim, claimed)
	jobs := func(kind, arg string, id uuid.UUID) int {
		return h.count(`select count(*) from river_job where kind = $1 and args->>$2 = $3`, kind, arg, id.String())
	}
	toConfirm := func() int {
		return h.count(`select count(*) from tasks where kind = $1 and record_id = $2 and status = 'open'`, string(models.TaskConfirmGuardianship), claimed)
	}
	id := h.bury(luis.member)
	if jobs("consent.teen_ended", "member_id", maya) != 1 || jobs("guardianship.changed", "guardianship_id", confirmed) != 1 || toConfirm() != 0 {
		t.Errorf("%d, %d, %d to confirm", jobs("consent.teen_ended", "member_id", maya), jobs("guardianship.changed", "guardianship_id", confirmed), toConfirm())
	}
	if n := h.count(`select count(*) from tasks where kind = 'guardian_lost' and status = 'open'`); n != 2 {
		t.Errorf("%d children have lost a guardian", n)
	}
	if _, err := h.records.Reverse(h.as(h.cora), id, records.DeathReason{Reason: "Another man"}); err != nil {
		t.Fatal(err)
	}
	if n := h.count(`select count(*) from guardianships where id = $1 and status = 'confirmed' or id = $2 and status = 'claimed'`, confirmed, claimed); n != 2 || toConfirm() != 1 {
		t.Errorf("%d stand again, %d to confirm", n, toConfirm())
	}
}
