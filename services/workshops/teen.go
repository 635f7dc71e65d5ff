package workshops

import "fmt"

// checkTeen: who is under 18 and leads a party of a program for teens answers for themselves alone. Adults outside their
// household hear nothing from them in our name, and nobody whom we do not know comes on their word.
func (e *entry) checkTeen(d *desk) {
	lead := e.member(e.lead)
	if e.staff || lead == nil || lead.ID != e.tx.Actor().MemberID || !lead.MinorOn(lead.Today(e.tx.Now())) {
		return
	}
	for i, a := range e.in.Attendees {
		if a.Guest == nil && a.Invite == nil {
			continue
		}
		at := fmt.Sprintf("/attendees/%d", i)
		if e.alone {
			at = ""
		}
		e.fault(at, "adults_only", "Until your 18th birthday you can register yourself here, and nobody else.")
	}
}
