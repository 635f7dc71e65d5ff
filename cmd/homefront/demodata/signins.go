package demodata

// SignIn is an account that the demo names. Its address is Name@Domain, its password is Password.
type SignIn struct{ Name, Shows string }

// SignIns are there in every demo under these names.
var SignIns = []SignIn{
	{"admin", "runs the place"},
	{"coordinator", "plans, and looks after people: her own work, the queue, what is overdue"},
	{"carol.esposito", "a second coordinator, who confirms, merges and imports"},
	{"coach", "coaches, with a full day today, and leads workshops"},
	{"supervisor", "reads what other coaches bring to supervision, and coaches; a client is about to come to her"},
	{"facilitator", "leads workshops, one of them today"},
	{"responder", "answers who asks for a call; one waits since last night"},
	{"moderator", "keeps the community"},
	{"analyst", "counts; her own record is kept to two colleagues"},
	{"privacy", "the privacy officer"},
	{"member", "a veteran with his family, and a child who lives in two homes; he has applied for a coach, and is asked to fill in a form"},
	{"spouse", "his wife; she and the children are in programs"},
	{"guardian", "the other parent of that child, in another home; both have applied to a program for the child"},
	{"teen", "her son of 15, with an account that she signed for, and a coach whom she asked for"},
	{"veteran", "is coached since last season; his next session, online, begins within the next hours"},
	{"june", "coached together with walt@; what she said alone is hers alone"},
	{"walt", "her husband"},
	{"apart", "kept apart from somebody: what he asks for waits, and nothing says why"},
}
