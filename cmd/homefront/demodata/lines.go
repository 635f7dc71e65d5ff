package demodata

import (
	"strings"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services/programs"
)

// line is a program, and who is meant by it.
type line struct {
	name, summary, population string
	capacity                  int
	open                      bool   // members apply
	asks                      string // the form for intake
	rules                     func(*loader) models.Rules
	cohorts                   [][2]int // the days from today on which each begins and ends
}

func kinds(key string, of ...models.Kind) models.Rule {
	r := models.Rule{Key: key, Rule: models.RuleKinds}
	for _, k := range of {
		r.Values = append(r.Values, string(k))
	}
	return r
}

func aged(key string, least int) models.Rule {
	return models.Rule{Key: key, Rule: models.RuleAge, Min: &least}
}

var (
	relatives = []models.Kind{models.KindSpouse, models.KindPartner, models.KindChild, models.KindParent, models.KindSibling, models.KindCaregiver, models.KindSurvivor}

	lines = []line{
		{name: battleBuddy, summary: "Nobody stands alone: pairs and tables of people who have been there", population: "Everybody who served or serves, and those who care for them",
			capacity: 60, open: true, asks: beforeWeMeet, cohorts: [][2]int{{-420, -240}, {-200, 20}, {30, 200}},
			rules: func(*loader) models.Rules {
				return models.Rules{aged("grown", 18), {Key: "been_there", Rule: models.RuleAny, Words: "For those who served or serve, and those who care for one of them.",
					Rules: []models.Rule{kinds("served", warriors...), kinds("cares", models.KindCaregiver)}}}
			}},
		{name: awareness, summary: "What service does to a household, and what a household can do", population: "Those who served or serve, and the people they live with, of any age",
			capacity: 80, open: true, cohorts: [][2]int{{-390, -210}, {-180, 60}, {70, 220}},
			rules: func(*loader) models.Rules {
				return models.Rules{{Key: "family", Rule: models.RuleAny, Rules: []models.Rule{kinds("served", warriors...), kinds("relatives", relatives...)}},
					{Key: "no_colleagues", Rule: models.RuleNot, Rules: []models.Rule{kinds("staff", models.KindStaff)}, Words: "Not for our own staff: they have evenings of their own."}}
			}},
		{name: oneOnOne, summary: "Work, purpose and the next step, with a coach", population: "Those who served after September 11, 2001",
			capacity: 14, open: true, asks: beforeWeMeet, cohorts: [][2]int{{-300, -130}, {-120, 90}},
			rules: func(*loader) models.Rules {
				return models.Rules{aged("grown", 18), {Key: "since_2001", Rule: models.RuleEra, Values: []string{string(models.EraPost911)}}, {Key: "verified", Rule: models.RuleVerified}}
			}},
		{name: retreats, summary: "Days away for couples and families", population: "Households that know us already, once each",
			capacity: 16, open: true, cohorts: [][2]int{{-100, -85}, {10, 24}, {55, 70}},
			rules: func(l *loader) models.Rules {
				return models.Rules{aged("grown", 18), {Key: "once", Rule: models.RuleOncePerHouse},
					{Key: "couples", Rule: models.RuleAny, Rules: []models.Rule{kinds("served", warriors...), kinds("with_them", models.KindSpouse, models.KindPartner),
						{Key: "knows_us", Rule: models.RuleCompleted, ProgramIDs: []uuid.UUID{l.programs[awareness]}}}}}
			}},
		{name: happiness, summary: "Habits that make ordinary days better", population: "Everybody from 16 on", open: true, cohorts: [][2]int{{-160, -60}, {-50, 50}},
			rules: func(*loader) models.Rules { return models.Rules{aged("sixteen", 16)} }},
		{name: caregivers, summary: "For those who look after somebody, and those who lost somebody", population: "Caregivers, families and survivors",
			capacity: 24, cohorts: [][2]int{{-140, -20}, {5, 120}},
			rules: func(*loader) models.Rules {
				return models.Rules{aged("grown", 18), kinds("carers", models.KindCaregiver, models.KindSpouse, models.KindPartner, models.KindParent, models.KindSibling, models.KindSurvivor)}
			}},
	}
)

// cohort is one that was made.
type cohort struct {
	id         uuid.UUID
	from, till models.Date
}

// begin makes the programs, and their cohorts some weeks before each begins.
func (l *loader) begin() error {
	joyce, begun := l.office["coordinator"], l.day(-opened)
	l.programs, l.cohorts = map[string]uuid.UUID{}, map[string][]cohort{}
	for i, p := range lines {
		at := l.ago(opened - 3).Add(time.Duration(i) * 10 * time.Minute)
		in := programs.NewProgram{Name: p.name, Slug: strings.ToLower(strings.ReplaceAll(p.name, " ", "-")), Summary: p.summary, Population: p.population,
			Status: models.ProgramActive, StartsOn: &begun, Rules: p.rules(l), TakesApplications: p.open}
		if p.capacity > 0 {
			in.Capacity = &p.capacity
		}
		if form, ok := l.forms[p.asks]; ok {
			in.IntakeFormID = &form
		}
		made, err := l.s.Programs.Create(l.at(at, joyce), in)
		if err != nil {
			return err
		}
		l.programs[p.name] = made.ID
		for _, days := range p.cohorts {
			if err := l.group(p, days); err != nil {
				return err
			}
		}
	}
	return nil
}

func (l *loader) group(p line, days [2]int) error {
	g := cohort{from: l.day(days[0]), till: l.day(days[1])}
	in := programs.NewCohort{Name: g.from.Format("January 2006"), StartsOn: g.from, EndsOn: &g.till, Notes: "Papers and keys: ask Joyce"}
	if days[0] < 0 {
		in.Status = models.CohortActive
	}
	if p.name == retreats {
		in.Capacity = ptr(8)
	}
	made, err := l.s.Programs.CreateCohort(l.at(l.ago(max(3, 30-days[0])), l.office["coordinator"]), l.programs[p.name], in)
	if err != nil {
		return err
	}
	g.id = made.ID
	l.cohorts[p.name] = append(l.cohorts[p.name], g)
	return nil
}

// cohortOn is the one of a program that a day lies in, or nil.
func (l *loader) cohortOn(program string, day models.Date) *cohort {
	for i, g := range l.cohorts[program] {
		if !day.Before(g.from.Time) && !day.After(g.till.Time) {
			return &l.cohorts[program][i]
		}
	}
	return nil
}
