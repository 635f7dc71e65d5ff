package demodata

import (
	_ "embed" // the spreadsheets
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services/imports"
	"homefront/services/outreach"
)

//go:embed testdata/standdown.csv
var standDown []byte

//go:embed testdata/newcomers.csv
var newcomers []byte

func contact(line string) outreach.LogContact {
	return outreach.LogContact{Kind: models.ContactCall, Direction: models.DirectionIn, Outcome: models.OutcomeReached, Line: line}
}

// sheets are two spreadsheets: one was worked off last week, one was looked through and waits for decisions.
func (l *loader) sheets() error {
	carol, before := l.office["carol.esposito"], l.ago(8)
	done, err := l.upload(carol, before, "stand-down sign-in.csv", standDown)
	if err != nil {
		return err
	}
	// The likeliest are who they seem to be; the one that is left is somebody to call.
	if _, err := l.s.Imports.DecideRows(l.at(before.Add(20*time.Minute), carol), done, imports.DecideRows{Decision: models.DecideSkip, MinScore: 70}); err != nil {
		return err
	}
	if _, err := l.s.Imports.Run(l.at(before.Add(25*time.Minute), carol), done); err != nil {
		return err
	}
	if err := l.due(before.Add(26 * time.Minute)); err != nil {
		return err
	}
	if _, err := l.upload(l.office["coordinator"], l.now.Add(-5*time.Hour), "newcomers.csv", newcomers); err != nil {
		return err
	}
	return l.db.QueryRow(l.ctx, `select count(*) from members`).Scan(&l.made.Members)
}

// upload brings a spreadsheet and has every row looked at.
func (l *loader) upload(by *person, at time.Time, name string, bytes []byte) (uuid.UUID, error) {
	made, err := l.s.Imports.Upload(l.at(at, by), imports.Upload{Format: "csv", FileName: name, Bytes: bytes})
	if err != nil {
		return uuid.Nil, err
	}
	if _, err := l.s.Imports.Check(l.at(at.Add(4*time.Minute), by), made.ID); err != nil {
		return uuid.Nil, err
	}
	return made.ID, l.due(at.Add(5 * time.Minute))
}
