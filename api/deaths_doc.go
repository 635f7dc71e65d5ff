package api

import (
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/records"
)

var (
	deathID      = uuid.MustParse("0199c1f5-7e4a-7b97-86d8-0fb01c2d9001")
	deathSource  = "His sister Rosa called this morning"
	deathDay     = models.NewDate(2026, time.February, 27)
	deathExample = models.Death{Record: models.Record{ID: deathID, Version: 1, CreatedAt: peopleAt, UpdatedAt: peopleAt}, MemberID: luisID, Status: models.DeathReported,
		DiedOn: &deathDay, ReportedBy: coordinatorID, ReportedAt: peopleAt}
	deathAgain    = records.DeathReason{Reason: "It was a man of the same name"}
	deathGiven    = models.DeathGivenBack
	deathEffectID = uuid.MustParse("0199c1f5-7e4a-7b97-86d8-0fb01c2d9002")
)

const deathScope = "\n\nReports about oneself or somebody close are a colleague's: they are left out of the list, and answer 404."

var reportDeathOp = op{
	ID: "reportDeath", Tag: "Deaths", Summary: "Report that a member has died",
	Doc: "The first of two. **Nothing ends by it**: a task asks a colleague to confirm. Say who told us; the words are kept sealed and shown to colleagues who open the report. " +
		"One report stands at a time for each member.\n\nNobody reports about themselves or somebody close (`own_record`).",
	Errors:  []services.Code{"own_record", "member_closed", "already_reported"},
	Request: records.ReportDeath{DiedOn: &deathDay, Source: deathSource}, Example: deathExample,
}

var listDeathsOp = op{
	ID: "listDeaths", Tag: "Deaths", Summary: "What was reported", Doc: "Newest first. `status=reported` is what waits to be confirmed." + deathScope,
	Example: services.Page[models.Death]{Data: []models.Death{deathExample}},
}

var getDeathOp = op{
	ID: "getDeath", Tag: "Deaths", Summary: "One report with what it did",
	Doc: "Who told us, and once it was confirmed each record that it changed, in order: `ended`, `left` (a party goes on without the person), `handed_back` (a task of theirs), `opened` (a task), " +
		"`to_staff` (somebody must decide). After a reversal each says what came of it. The look is logged." + deathScope,
	Example: records.DeathView{Death: deathExample, Source: &deathSource, Effects: []models.DeathEffect{{ID: deathEffectID, About: "registration", RecordID: ortegaLinkID, Action: models.DeathEnded}}},
}

var confirmDeathOp = op{
	ID: "confirmDeath", Tag: "Deaths", Summary: "Confirm a death, as the second of two",
	Doc: "Never by who reported it (`second_staff_required`), nor by somebody close. In one transaction the person's sign-in and sessions end (within a second everywhere), messages that wait are withdrawn, " +
		"guardianships, invitations, help requests, enrollments and live registrations end: seats go to those who wait, and staff are asked who gets a place in a program. Others of a party keep their places, led by the next adult; without one staff get a task.\n\n" +
		"**Nobody is sent anything.** Each adult who was linked to the person or lived with them becomes a task to *call*, due the next day, whose title names nothing. " +
		"Family become `survivor` only when they say so.\n\nThe account of somebody on staff takes a colleague who may grant their roles (`role_above_own`)." + deathScope,
	Errors: []services.Code{"second_staff_required", "role_above_own", "wrong_death_state", "member_closed", "own_record"},
	Example: models.Death{Record: models.Record{ID: deathID, Version: 2, CreatedAt: peopleAt, UpdatedAt: peopleAt.Add(time.Hour)}, MemberID: luisID, Status: models.DeathConfirmed,
		DiedOn: &deathDay, ReportedBy: coordinatorID, ReportedAt: peopleAt, ConfirmedBy: &anaID, ConfirmedAt: &taskDue},
}

var withdrawDeathOp = op{
	ID: "withdrawDeath", Tag: "Deaths", Summary: "Take back a report that was not confirmed", Doc: "It was not true, or another person. With the reason." + deathScope,
	Errors: []services.Code{"wrong_death_state"}, Request: deathAgain, Example: deathExample,
}

var reverseDeathOp = op{
	ID: "reverseDeath", Tag: "Deaths", Summary: "Take a confirmed death back",
	Doc: "It was not true. One person may do it, with the reason. Status, sign-in (not the old sessions), guardianships, tasks, enrollments and registrations come back: places and seats where they are free, else first in line. " +
		"Calls that were not made yet are dropped. What could not be given back has the outcome `waitlisted` or `not_possible`, and staff get one task about it. Nobody is sent anything; `source` is null in this answer." + deathScope,
	Errors: []services.Code{"wrong_death_state", "role_above_own", "own_record"}, Request: deathAgain,
	Example: records.DeathView{Death: deathExample, Effects: []models.DeathEffect{{ID: deathEffectID, About: "registration", RecordID: ortegaLinkID, Action: models.DeathEnded, Outcome: &deathGiven, UndoneAt: &taskDue}}},
}
