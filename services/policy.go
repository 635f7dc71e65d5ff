package services

import (
	"slices"

	"homefront/models"
)

// Permission is one kind of thing that some roles may do. Whether they may do it to this row is the domain's scope.
type Permission struct {
	Name   string
	Means  string
	Public bool // needs no token
	StepUp bool // needs a password or factor given in the last five minutes
	Roles  []models.Role
}

// Allows says whether a holds a role that may.
func (p *Permission) Allows(a *Actor) bool { return p.Public || a.Has(p.Roles...) }

var permissions []*Permission

// Permissions lists all, in the order of declaration.
func Permissions() []*Permission { return slices.Clone(permissions) }

func allow(name, means string, roles ...models.Role) *Permission {
	p := &Permission{Name: name, Means: means, Roles: roles}
	permissions = append(permissions, p)
	return p
}

func anyone(name, means string) *Permission {
	p := allow(name, means, models.Roles()...)
	p.Public = true
	return p
}

func fresh(p *Permission) *Permission {
	p.StepUp = true
	return p
}

var (
	admin        = models.RoleAdmin
	coordinator  = models.RoleCoordinator
	coordinators = []models.Role{admin, coordinator}
	everyone     = models.Roles()
	attending    = []models.Role{admin, coordinator, models.RoleFacilitator}
)

// The whole policy. A role that is not named may not. coordinators are admin and coordinator; attending adds
// facilitator, who sees only the workshops they facilitate.
var (
	// What needs no token.
	CanSignIn     = anyone("auth.sign_in", "Sign up, sign in, verify an address, ask for a new password")
	CanReadPublic = anyone("public.read", "Read what is public: health, keys, the spec")

	// Accounts and access.
	CanUseAccount     = allow("account.use", "Use one's own account, sessions and inbox", everyone...)
	CanChangeContact  = fresh(allow("contact.change", "Have one's messages sent to another address", everyone...))
	CanListAccounts   = allow("account.list", "See accounts and their roles", coordinators...)
	CanChangeAccounts = fresh(allow("account.change", "Change roles, suspend and reinstate accounts (only roles one may grant)", coordinators...))
	CanInvite         = fresh(allow("invitation.manage", "Invite staff and withdraw invitations", coordinators...))
	CanReadAudit      = allow("audit.read", "Read the audit log", admin, models.RolePrivacyOfficer)
	CanManageMail     = allow("message.manage", "See every mail's fate and send abandoned ones again", admin)

	// People.
	CanManagePeople = allow("member.manage", "Find, read and change members, households, relationships and guardianships", coordinators...)
	CanManageFamily = allow("family.manage", "Look after one's own record, children, contacts and relationships", everyone...)
	CanRestrict     = fresh(allow("member.restrict", "Keep a record to named staff, and open it again", admin))
	CanRecordDeath  = allow("member.death", "Record a death and take it back, two staff together", coordinators...)
	CanMerge        = allow("member.merge", "See likely duplicates, merge two records and take it back", coordinators...)
	CanSeparate     = allow("separation.manage", "See and change who is kept apart (never a party or somebody linked to one)", coordinators...)
	CanImport       = allow("member.import", "Bring people in from a spreadsheet, and roll it back", coordinators...)
	CanExport       = fresh(allow("member.export", "Take people out into a spreadsheet", coordinators...))
	CanSeeTimeline  = allow("timeline.read", "See what happened with a member, as far as one may see it; members their own", everyone...)
	CanSeeHome      = allow("home.read", "See one's own next steps", everyone...)

	// Consent.
	CanSign           = allow("consent.sign", "See what one is asked to agree to, sign it and take it back, for oneself and one's children", everyone...)
	CanManageConsents = allow("consent.manage", "Publish consent documents, record what was signed on paper or said, see who is missing", coordinators...)

	// Work on people.
	CanAskForHelp      = allow("help.ask", "Ask for a call, see its state and take it back", everyone...)
	CanAnswerHelp      = allow("help.answer", "See who asked for a call and answer", admin, coordinator, models.RoleCoach, models.RoleResponder)
	CanLogContacts     = allow("contact.log", "Log a call, text, mail or visit with somebody one works with", admin, coordinator, models.RoleCoach, models.RoleResponder)
	CanManageReferrals = allow("referral.manage", "Refer somebody on and follow it up", coordinators...)
	CanSeeReferrals    = allow("referral.read_own", "See one's own contacts and referrals, and answer an offered one", everyone...)
	CanSeeWork         = allow("work.read", "See one's own work: tasks, calls, help requests", admin, coordinator, models.RoleCoach, models.RoleFacilitator, models.RoleModerator, models.RoleResponder)
	CanWorkTasks       = allow("task.work", "See and close tasks of one's queues", admin, coordinator, models.RoleCoach, models.RoleFacilitator, models.RoleModerator, models.RoleResponder)

	// Programs and workshops.
	CanReadPrograms      = allow("program.read", "See programs", everyone...)
	CanManagePrograms    = allow("program.manage", "Make and change programs", coordinators...)
	CanEnroll            = allow("enrollment.create", "Apply to a program for oneself and one's children, see one's own enrollments and leave; staff enroll anyone", everyone...)
	CanManageEnrollments = allow("enrollment.manage", "Decide on applications, enroll, pause, complete and reopen, keep the waitlist and cohorts", coordinators...)
	CanWaiveRules        = allow("eligibility.waive", "Let a rule of eligibility not count for one person", coordinators...)
	CanReadRollUpChecks  = allow("roll_up.read", "See what the nightly check of attendance sums found", admin)
	CanManageForms       = allow("form.manage", "Build, preview, publish and compare forms", coordinators...)
	CanAnswerForms       = allow("form.answer", "See what one is asked, and answer for oneself and one's children", everyone...)
	CanReadAnswers       = allow("form.read_answers", "See who has answered a form, and of the answers those that a question lets one's role read", admin, coordinator, models.RoleCoach, models.RoleFacilitator, models.RoleResponder)
	CanReadWorkshops     = allow("workshop.read", "See the catalog of published workshops; staff see drafts too", everyone...)
	CanManageWorkshops   = allow("workshop.manage", "Plan, publish, change and cancel workshops, their sessions and venues", coordinators...)
	CanRegister          = allow("registration.create", "Register oneself and those one may act for; staff register anyone", everyone...)
	CanAnswer            = anyone("invitation.answer", "Answer an invitation to a party with the link from its mail")
	CanDecide            = allow("registration.decide", "Approve, decline, reinstate and move up registrations", coordinators...)
	CanMessageAttendees  = allow("workshop.message", "Write to those who come, and see whom it reached", attending...)
	CanJoin              = allow("session.join", "Join a session online that one has a place in", everyone...)
	CanJoinByLink        = anyone("session.join_by_link", "Join a session online with the link from its mail")
	CanCertify           = allow("certificate.read", "Get one's own certificate of attendance; staff those of the workshops they lead", everyone...)
	CanVerify            = anyone("certificate.verify", "See whether a certificate is genuine, with the code printed on it")
	CanGiveFeedback      = allow("feedback.give", "Say how a session was, and thank those who led it", everyone...)
	CanReadFeedback      = allow("feedback.read", "See what was said of sessions, from five answers up", attending...)
	CanReadThanks        = allow("thanks.read", "See the thanks one was given", everyone...)
	CanAttend            = allow("attendance.record", "See rosters, check people in and record attendance", attending...)

	// Coaching. Of notes the scope says who: those they are about, who wrote them, and of supervision notes the supervisor.
	CanReadCoaches       = allow("coach.read", "See who coaches, and when they are free", everyone...)
	CanManageCoaches     = allow("coach.manage", "Make and change coaches' profiles, suspend and archive them", coordinators...)
	CanKeepHours         = allow("coach.keep_hours", "Keep one's own profile, weekly hours and time off as a coach; coordinators anybody's", admin, coordinator, models.RoleCoach)
	CanAskForCoach       = allow("engagement.ask", "Ask for a coach, see who would fit, and do one's part in an engagement, as who is coached, as the coach or as staff: accept, decline, pause, end, hand over, ask for another coach", everyone...)
	CanMatchCoaches      = allow("engagement.match", "Match and activate, ask a partner along, reassign the clients of a coach, reopen", coordinators...)
	CanBookCoaching      = allow("coaching.book", "Book, move and call off sessions of coaching, and join them", everyone...)
	CanCoach             = allow("coaching.work", "See today's clients, answer what they booked, log sessions, and one's own hours", models.RoleCoach)
	CanSetGoals          = allow("goal.set", "Set goals and steps, and move them on", everyone...)
	CanWriteNotes        = allow("note.write", "Write, sign and amend notes on one's own clients", models.RoleCoach)
	CanReadNotes         = allow("note.read", "Read notes: shared ones about oneself, one's own as a coach, supervision notes as the supervisor; admins behind broken glass", everyone...)
	CanBreakGlass        = fresh(allow("glass.break", "Open one member's notes in an emergency, for a stated reason and an hour at most", admin))
	CanReviewGlass       = allow("glass.review", "See and close the reviews of broken glass (never one's own)", admin, models.RolePrivacyOfficer)
	CanReadCoachingLoads = allow("coaching.report", "See caseloads, utilization and time to a coach; never a word of a note", coordinators...)
)
