package api

import (
	_ "embed" // the reference page's script

	"github.com/danielgtaylor/huma/v2"
)

const about = `Homefront runs the programs of nonprofits that serve veterans and their families: workshops, the people who come to
them, and the messages between.

* **Errors** are problem+json (RFC 9457): switch on ` + "`code`" + `, show ` + "`detail`" + `, mark the fields in ` + "`errors`" + `.
* **Lists** answer ` + "`{\"data\": […], \"next_cursor\": …}`" + `; send the cursor back with the same sort and filters.
* **POST** takes an Idempotency-Key: on a bad connection send the same request again, it happens once.
* **PATCH, PUT and DELETE** of shared records want the record's ETag in If-Match.
* **Times** are UTC (RFC 3339) with the IANA zone beside them where people schedule.`

var tags = []*huma.Tag{
	{Name: "Sign-in", Description: "Sign up, sign in, stay signed in, and end sessions."},
	{Name: "Me", Description: "One's own record, children, contacts and inbox."},
	{Name: "Workshops", Description: "Workshops, their sessions and the catalog."},
	{Name: "Registrations", Description: "Parties, seats, waitlist and offers."},
	{Name: "Attendance", Description: "Check-in, rosters and attendance."},
	{Name: "Online", Description: "Joining a session from home."},
	{Name: "Certificates", Description: "Certificates of attendance, and whether one is genuine."},
	{Name: "Feedback", Description: "What people say of a session, and thanks to those who led it."},
	{Name: "Public", Description: "The catalog for everybody, without signing in: JSON, iCalendar and Atom."},
	{Name: "Home", Description: "The first screen of the phone."},
	{Name: "People", Description: "Members, households, relationships, guardianships, tags and saved searches."},
	{Name: "Service", Description: "Periods of military service and what was seen of them."},
	{Name: "Consent", Description: "What people are asked to agree to, and what they answered."},
	{Name: "Separations", Description: "Who is kept apart from whom."},
	{Name: "Duplicates", Description: "Who may be known twice; merging two records, and taking it back."},
	{Name: "Deaths", Description: "A death, by two of the staff, and its way back."},
	{Name: "Timeline", Description: "What happened with a member, and who looked."},
	{Name: "Imports", Description: "Bringing people in from spreadsheets, and taking them out into them."},
	{Name: "Work", Description: "What waits for one person of the staff, in one request."},
	{Name: "Contacts", Description: "Calls, texts, mails and visits."},
	{Name: "Help requests", Description: "\"Please call me\", and who did."},
	{Name: "Referrals", Description: "Who was sent on to whom, and whether it worked."},
	{Name: "Tasks", Description: "What waits for a person of staff."},
	{Name: "Programs", Description: "What holds workshops, coaching and retreats together over months; their cohorts, and venues."},
	{Name: "Enrollments", Description: "Who is in a program: applications, places, waitlist, pauses and ends, with attendance summed up."},
	{Name: "Eligibility", Description: "What a program or workshop asks of those who come, in sentences, and what is waived for whom."},
	{Name: "Coaches", Description: "Who coaches, their hours, and when they are free."},
	{Name: "Engagements", Description: "A coach with one or two people: asking, matching, handing over, ending."},
	{Name: "Coaching", Description: "Sessions of coaching: booking, moving, joining, logging; today; goals and steps."},
	{Name: "Notes", Description: "What is written about a session, and who may read it."},
	{Name: "Break glass", Description: "Opening one member's notes in an emergency, and its review."},
	{Name: "Forms", Description: "What people are asked: building, previewing and publishing it, and answering."},
	{Name: "Accounts", Description: "Accounts, roles and invitations."},
	{Name: "Messages", Description: "What was sent, and what could not be."},
	{Name: "Audit", Description: "Who did what, and who read what."},
	{Name: "System", Description: "Health, keys and this description."},
}

var (
	livezOp    = op{ID: "livez", Tag: "System", Summary: "Is the process alive?", Doc: "Answers without the database.", Example: Health{"ok", "0.1.0"}}
	readyzOp   = op{ID: "readyz", Tag: "System", Summary: "Can it serve?", Doc: "200 when the database answers and is migrated; 503 before, while stopping, and when it is out of reach.", Example: Health{"ok", "0.1.0"}}
	specYAMLOp = op{ID: "getSpecYAML", Tag: "System", Summary: "This description as YAML", Doc: "OpenAPI 3.1.", Cached: true, Example: File{ContentType: "application/yaml"}}
	specJSONOp = op{ID: "getSpecJSON", Tag: "System", Summary: "This description as JSON", Doc: "OpenAPI 3.1.", Cached: true, Example: File{ContentType: "application/openapi+json"}}
)

const docsPage = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Homefront API</title></head>
<body><script id="api-reference" data-url="/openapi.json" data-configuration='{"withDefaultFonts":false,"hideClientButton":true,"telemetry":false,"showDeveloperTools":"never","agent":{"disabled":true},"mcp":{"disabled":true}}'></script><script src="/docs/reference.js"></script></body></html>
`

// The script is @scalar/api-reference 1.46.4 (MIT), its browser bundle, gzipped.
//
//go:embed reference.js.gz
var docsScript []byte
