package notices

import "homefront/services"

var links = services.Links(services.Link{Table: "messages", Column: "member_id"})

// Merge gives the winner the loser's messages; what still waits is sent to the winner.
func Merge(m *services.Merge) error { return m.Move(links...) }

// Unmerge gives them back.
func Unmerge(u *services.Unmerge) error { return u.Back("messages") }
