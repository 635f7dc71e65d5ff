package people

import (
	"context"

	"homefront/models"
	"homefront/services"
)

// Demographics are answers that people may give for our counts. Nobody must, and nobody but they is shown them.
type Demographics struct {
	RaceEthnicity models.Texts[models.RaceEthnicity] `json:"race_ethnicity" nullable:"false" enum:"american_indian_or_alaska_native,asian,black_or_african_american,hispanic_or_latino,middle_eastern_or_north_african,native_hawaiian_or_pacific_islander,white,other,undisclosed"`
}

// GiveDemographics replaces the answers.
type GiveDemographics struct {
	RaceEthnicity []models.RaceEthnicity `json:"race_ethnicity" maxItems:"9" enum:"american_indian_or_alaska_native,asian,black_or_african_american,hispanic_or_latino,middle_eastern_or_north_african,native_hawaiian_or_pacific_islander,white,other,undisclosed" doc:"As many as fit; empty takes the answer back"`
}

// OwnDemographics shows the caller what they answered; the look is logged.
func (s *Service) OwnDemographics(ctx context.Context) (*Demographics, error) {
	return services.Disclose(ctx, s.core, "demographics.read", func(d *services.Disclosure) (*Demographics, error) {
		m, err := self(d.DB, d.Tx().Actor())
		if err != nil {
			return nil, err
		}
		d.Subject(m.ID)
		return &Demographics{m.RaceEthnicity}, nil
	})
}

// ReplaceOwnDemographics replaces what the caller answered.
func (s *Service) ReplaceOwnDemographics(ctx context.Context, in GiveDemographics) (*Demographics, error) {
	return services.Mutate(ctx, s.core, "demographics.update", func(tx *services.Tx) (*Demographics, error) {
		tx.Locks(services.LockMembers)
		m, err := self(tx.DB.Clauses(forUpdate), tx.Actor())
		if err != nil {
			return nil, err
		}
		before := *m
		m.RaceEthnicity = unique(models.Texts[models.RaceEthnicity](in.RaceEthnicity))
		if err := storeMember(tx, before, m); err != nil {
			return nil, err
		}
		return &Demographics{m.RaceEthnicity}, nil
	})
}
