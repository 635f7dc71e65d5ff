package imports

import "homefront/services"

var links = services.Links(
	services.Link{Table: "imports", Column: "created_by"},
	services.Link{Table: "import_rows", Column: "member_id"},
	services.Link{Table: "import_rows", Column: "match_id"},
	services.Link{Table: "import_rows", Column: "member_ids", Array: true},
	services.Link{Table: "exports", Column: "created_by",
		Unless: "t.finished_at is null and exists (select from exports w where w.created_by = $1 and w.finished_at is null)"},
)

// Merge has the rows of spreadsheets name the winner of a merge of two members.
func Merge(m *services.Merge) error {
	if err := m.Both(links[3]); err != nil {
		return err
	}
	return m.Move(links...)
}

// Unmerge has them name the loser again.
func Unmerge(u *services.Unmerge) error { return u.Back("imports", "import_rows", "exports") }
