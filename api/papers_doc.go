package api

import (
	"homefront/services"
	"homefront/services/workshops"
)

const rosterFileDoc = `Whoever has a live registration and whoever was there, by name. Columns: name, kind (adult, child), mode, state of the registration, place (lead, attending, guest, walk_in, invited, removed), who leads
their party, then for each session that is not cancelled what is known of it and the minutes noted (at most the last 200 sessions), the sums, and the ids. No cell computes in a spreadsheet program.

Coordinators get whole names. Who leads the workshop gets first names and initials of those who are confirmed. With ` + "`needs=true`" + ` coordinators also get accessibility and dietary needs and service animals, as for a
caterer: each person can see in their own log that these were read. Of people close to the caller, and of records kept to others, there is only what it takes to let them in. The log names everybody else in the file.
At most 2,000 people; 30 papers at once, then one each 10 seconds.`

var getSignInSheetOp = op{
	ID: "getSignInSheet", Tag: "Attendance", Summary: "The sign-in sheet of a session",
	Doc: `A list on letter paper for the door: first name and initial, kind, mode (in hybrid workshops) and a box to sign, by name, with lines for walk-ins; each page has its number and how many there are. Names in letters that
the sheet lacks, and those that are written from right to left, stand there in Latin letters. For coordinators, and for those who lead the workshop. At most 2,000 people; 30 papers at once, then one each 10 seconds.`,
	Errors: []services.Code{workshops.CodeWrongState}, Example: File{ContentType: "application/pdf"},
}

var getBadgesOp = op{
	ID: "getBadges", Tag: "Attendance", Summary: "Name badges for a session",
	Doc: `Eight on a sheet of letter paper, labels of 3⅜ by 2⅓ inches (Avery 5395 and those like it): first name and initial, of those who come in person. What the last sheet has room for is blank, for walk-ins. With
` + "`codes=true`" + ` each has the check-in code of the person; that look is logged, for whoever has the badge can be checked in with it. Names as on the sign-in sheet.`,
	Errors: []services.Code{workshops.CodeWrongState}, Example: File{ContentType: "application/pdf"},
}

var getRosterCSVOp = op{
	ID: "getRosterCSV", Tag: "Attendance", Summary: "The people of a workshop as CSV", Doc: "UTF-8 with a mark, RFC 4180. " + rosterFileDoc, Example: File{ContentType: csvType},
}

var getRosterWorkbookOp = op{
	ID: "getRosterWorkbook", Tag: "Attendance", Summary: "The people of a workshop as a workbook", Doc: rosterFileDoc, Example: File{ContentType: xlsxType},
}
