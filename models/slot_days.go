package models

import "time"

// LocalSlot is a slot as the clocks of some zone show it.
type LocalSlot struct {
	StartsAt   time.Time `json:"starts_at" example:"2026-11-01T14:00:00Z"`
	EndsAt     time.Time `json:"ends_at" example:"2026-11-01T14:50:00Z"`
	LocalStart string    `json:"local_start" doc:"What the clock on the wall shows then" example:"2026-11-01T09:00"`
	UTCOffset  string    `json:"utc_offset" doc:"How far that clock is ahead of UTC" example:"-05:00"`
	Ambiguous  bool      `json:"ambiguous" doc:"The clock shows that time twice that day, since it is set back: show the offset, too"`
	Moved      bool      `json:"moved" doc:"The coach's hours would begin at a time that their clocks skip that day, and begin later by the gap"`
}

// SlotDay is the slots that begin on one day.
type SlotDay struct {
	Day   Date        `json:"day" example:"2026-11-01"`
	Slots []LocalSlot `json:"slots" nullable:"false" doc:"By time"`
}

// Local shows a slot in a zone.
// Errors: a FieldError for an unknown zone.
func (s *Slot) Local(zone string) (LocalSlot, error) {
	loc, err := loadZone(zone)
	if err != nil {
		return LocalSlot{}, err
	}
	local := s.StartsAt.In(loc)
	wall, err := parseWall("starts_at", local.Format(wallLayout))
	if err != nil {
		return LocalSlot{}, err
	}
	_, _, ambiguous := resolveWall(wall, loc)
	return LocalSlot{StartsAt: s.StartsAt.UTC(), EndsAt: s.EndsAt.UTC(), LocalStart: local.Format(wallLayout), UTCOffset: local.Format("-07:00"), Ambiguous: ambiguous, Moved: s.Moved}, nil
}

// SlotDays groups slots, which are in order, by the day on which they begin in a zone.
func SlotDays(slots []Slot, zone string) ([]SlotDay, error) {
	days := []SlotDay{}
	for i := range slots {
		one, err := slots[i].Local(zone)
		if err != nil {
			return nil, err
		}
		day, err := ParseDate(one.LocalStart[:len(dateLayout)])
		if err != nil {
			return nil, err
		}
		if last := len(days) - 1; last < 0 || !days[last].Day.Equal(day.Time) {
			days = append(days, SlotDay{Day: day})
		}
		last := &days[len(days)-1]
		last.Slots = append(last.Slots, one)
	}
	return days, nil
}

// DaysSpan is from the beginning of a day of a zone to the end of another.
// Errors: a FieldError for an unknown zone.
func DaysSpan(first, last Date, zone string) (TimeSpan, error) {
	loc, err := loadZone(zone)
	if err != nil {
		return TimeSpan{}, err
	}
	return TimeSpan{dayStart(first, 0, loc), dayStart(last, 1, loc)}, nil
}
