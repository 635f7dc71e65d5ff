package records_test

import (
	"context"
	"testing"
	"time"

	"homefront/models"
	"homefront/services"
	"homefront/services/records"
)

func (h *house) find() {
	h.Helper()
	h.core.Clock.Set(h.core.Clock.Now().Add(time.Minute))
	for more := true; more; {
		var err error
		if more, err = h.records.RefreshDuplicates(services.AsSystem(context.WithoutCancel(h.Context()), "duplicates.find")); err != nil {
			h.Fatal(err)
		}
	}
}

func (h *house) pairs(status models.DuplicateStatus) []records.DuplicateView {
	h.Helper()
	found, err := h.records.Duplicates(h.as(h.cora), records.DuplicateFilter{PageQuery: page, Status: status})
	if err != nil {
		h.Fatal(err)
	}
	return found.Data
}

func TestDuplicatesAreFoundAndStayDismissed(t *testing.T) {
	h := build(t)
	luis, lou := h.known("Robert Hayes", 40), h.known("Bob Hayes", 40)
	h.known("Emma Hayes", 40) // a twin
	sister := h.known("Cora Dias", 40)
	h.exec(`update members set given_name = 'Cora', family_name = 'Diaz' where id = $1`, sister) // of the coordinator's own name and birth date
	h.find()
	found := h.pairs("")
	if len(found) != 1 || found[0].Score != 67 || found[0].First.FamilyName != "Hayes" {
		t.Fatalf("%+v", found)
	}
	if n := h.count(`select count(*) from duplicate_pairs`); n != 2 {
		t.Errorf("%d pairs, want the coordinator's own too, for a colleague", n)
	}
	if _, err := h.records.Dismiss(h.as(h.cora), found[0].ID, records.DismissDuplicate{Reason: "Cousins"}); err != nil {
		t.Fatal(err)
	}
	h.exec(`update members set city = 'Raleigh', updated_at = $2 where id = $1`, luis, h.core.Clock.Now())
	h.find()
	if len(h.pairs("")) != 0 || len(h.pairs(models.DuplicateDismissed)) != 1 {
		t.Error("a dismissed pair came back although nothing speaks for it that did not before")
	}
	h.exec(`update members set phone = '+19105550142', updated_at = $1 where id in ($2, $3)`, h.core.Clock.Now(), luis, lou)
	h.find()
	if got := h.pairs(""); len(got) != 1 || got[0].Score != 79 || got[0].ClosedBy != nil {
		t.Errorf("more speaks for it now: %+v", got)
	}
	if _, err := h.merge(h.cora, luis, lou); err != nil {
		t.Fatal(err)
	}
	if len(h.pairs("")) != 0 || len(h.pairs(models.DuplicateMerged)) != 1 {
		t.Error("a merged pair is still to be looked at")
	}
	if _, err := h.records.Reopen(h.as(h.cora), found[0].ID, records.DismissDuplicate{Reason: "Again"}); codeOf(err) != records.CodePairMerged {
		t.Error(err)
	}
	h.exec(`update members set given_name = 'Ulf', updated_at = $2 where id = $1`, sister, h.core.Clock.Now())
	h.find()
	if n := h.count(`select count(*) from duplicate_pairs where status = 'open'`); n != 0 {
		t.Errorf("%d pairs that have nothing in common any more", n)
	}
}
