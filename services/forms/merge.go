package forms

import "homefront/services"

var links = services.Links(
	services.Link{Table: "form_versions", Column: "published_by"},
	services.Link{Table: "form_responses", Column: "member_id"},
	services.Link{Table: "form_responses", Column: "entered_by"},
	services.Link{Table: "form_responses", Column: "recorded_by"},
)

// Merge gives the winner what the loser was asked and what they answered. Sealed answers open as before: the loser's keys are the
// winner's from now on.
func Merge(m *services.Merge) error { return m.Move(links...) }

// Unmerge gives it back.
func Unmerge(u *services.Unmerge) error { return u.Back("form_versions", "form_responses") }
