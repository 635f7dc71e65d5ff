package imports

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/people"
)

type runArgs struct {
	ImportID uuid.UUID `json:"import_id"`
}

// Kind implements services.JobArgs.
func (runArgs) Kind() string { return "import.run" }

// Run writes what was checked, or goes on with it, also where the job was lost. Of a finished import it takes up the
// duplicates that have been decided since, and the records that have been corrected. Errors: not_found; conflict import_state
// before it was checked, import_running while another is written.
func (s *Service) Run(ctx context.Context, id uuid.UUID) (*ImportView, error) {
	return services.Mutate(ctx, s.core, "import.run", func(tx *services.Tx) (*ImportView, error) {
		i, err := locked(tx, id)
		if err != nil {
			return nil, err
		}
		if i.Status == models.ImportRunning {
			return s.resume(tx, i, runArgs{id})
		}
		if i.Status != models.ImportChecked && (!i.Status.Wrote() || i.Status == models.ImportCancelled) || i.PurgedAt != nil {
			return nil, wrongState(i)
		}
		before := *i
		if i.Status != models.ImportPaused {
			err = tx.DB.Exec(`update import_rows set state = 'pending', why = '' where import_id = ? and state = 'left'
				and (why = 'undecided' and decision in ('create', 'update') or why = 'record_invalid')`, id).Error
			i.Handled = 0
		}
		i.Version, i.Status, i.Why, i.FinishedAt = i.Version+1, models.ImportRunning, "", nil
		if err := errors.Join(err, store(tx, before, i), tx.Enqueue(runArgs{id}, tx.Now())); err != nil {
			return nil, err
		}
		return view(tx.DB, i)
	})
}

// resume lines up the job of an import that is under way once more: the first one may be lost, or have failed for good. Two
// at once do no harm: each batch holds the import's row, and finds what is left to do.
func (s *Service) resume(tx *services.Tx, i *models.Import, args services.JobArgs) (*ImportView, error) {
	tx.Object(i.ID)
	tx.Unchanged()
	if err := tx.Enqueue(args, tx.Now()); err != nil {
		return nil, err
	}
	return view(tx.DB, i)
}

// Pause stops the writing after the batch that is under way. Run goes on. Errors: not_found; conflict import_state.
func (s *Service) Pause(ctx context.Context, id uuid.UUID) (*ImportView, error) {
	return s.turnTo(ctx, "import.pause", id, models.ImportPaused, models.ImportRunning)
}

// Cancel ends an import for good; what it wrote stays until it is rolled back. Errors: not_found; conflict import_state.
func (s *Service) Cancel(ctx context.Context, id uuid.UUID) (*ImportView, error) {
	return s.turnTo(ctx, "import.cancel", id, models.ImportCancelled, models.ImportUploaded, models.ImportChecking, models.ImportChecked, models.ImportRunning,
		models.ImportPaused, models.ImportFailed)
}

func (s *Service) turnTo(ctx context.Context, action string, id uuid.UUID, to models.ImportStatus, from ...models.ImportStatus) (*ImportView, error) {
	return services.Mutate(ctx, s.core, action, func(tx *services.Tx) (*ImportView, error) {
		i, err := locked(tx, id)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(from, i.Status) {
			return nil, wrongState(i)
		}
		before := *i
		i.Version, i.Status = i.Version+1, to
		if to == models.ImportCancelled {
			now := tx.Now()
			i.FinishedAt = &now
		}
		if err := store(tx, before, i); err != nil {
			return nil, err
		}
		return view(tx.DB, i)
	})
}

// run is the job: batches of rows, each in a transaction of its own. Rows that are written say so, so that a job that was
// killed goes on with the others.
func (s *Service) run(ctx context.Context, args runArgs) error {
	until, cancel := context.WithTimeout(ctx, turn)
	defer cancel()
	for until.Err() == nil {
		if going, err := s.write(ctx, args.ImportID); err != nil || !going {
			return err
		}
	}
	return s.again(ctx, args)
}

// write is one batch. It answers false when there is nothing more to do.
func (s *Service) write(ctx context.Context, id uuid.UUID) (bool, error) {
	return services.Mutate(ctx, s.core, "import.run", func(tx *services.Tx) (bool, error) {
		i, err := locked(tx, id)
		if err != nil || i.Status != models.ImportRunning {
			tx.Unchanged()
			return false, ignoreMissing(err)
		}
		tx.Object(id)
		before := *i
		if ok, err := stillAllowed(tx, i); err != nil || !ok {
			i.Status, i.Why = models.ImportFailed, "not_allowed_now"
			return false, errors.Join(err, store(tx, before, i))
		}
		var rows []models.ImportRow
		if err := tx.DB.Where("import_id = ? AND state = 'pending'", id).Order("number").Limit(batch).Find(&rows).Error; err != nil {
			return false, err
		}
		if len(rows) == 0 {
			now := tx.Now()
			i.Status, i.FinishedAt = models.ImportDone, &now
			return false, store(tx, before, i)
		}
		b, err := s.batch(tx, i, rows)
		if err != nil {
			return false, err
		}
		if err := b.writeAll(); err != nil {
			return false, err
		}
		i.Handled += len(rows)
		return true, errors.Join(b.storeRows(), store(tx, before, i))
	})
}

// stillAllowed: whoever brought the sheet may have been suspended, or lost the role, since.
func stillAllowed(tx *services.Tx, i *models.Import) (bool, error) {
	var ok bool
	err := tx.DB.Raw(`select exists (select 1 from accounts where member_id = ? and status = 'active' and roles && ?::text[])`,
		i.CreatedBy, models.Texts[models.Role](services.CanImport.Roles)).Scan(&ok).Error
	return ok, err
}

// writing is one row while it is written.
type writing struct {
	*judged
	state   models.RowState
	why     string
	made    []made
	main    uuid.UUID
	ids     models.IDs
	before  json.RawMessage
	version int
	onto    uuid.UUID    // whom an update is about
	ontoRow *ImportMatch // or somebody of an earlier row
}

// batchWrite is the work of one transaction.
type batchWrite struct {
	tx   *services.Tx
	i    *models.Import
	r    *reader
	k    *known
	rows []*writing
	in   people.Arrivals
}

// batch decides what becomes of each row: the checked fate, or what a coordinator said. Rows that are to make somebody
// new are held against the members once more: somebody may have entered them since.
func (s *Service) batch(tx *services.Tx, i *models.Import, rows []models.ImportRow) (*batchWrite, error) {
	r, err := s.readerOf(i)
	if err != nil {
		return nil, err
	}
	b := &batchWrite{tx: tx, i: i, r: r}
	all := make([]*judged, len(rows))
	for n := range rows {
		fam, err := r.family(&rows[n])
		if err != nil {
			return nil, err
		}
		all[n] = &judged{row: &rows[n], fam: fam}
		w := &writing{judged: all[n], state: models.RowLeft}
		if err := w.decide(); err != nil {
			return nil, err
		}
		b.rows = append(b.rows, w)
	}
	if b.k, err = s.known(tx.DB, i, all); err != nil {
		return nil, err
	}
	var asked []uuid.UUID
	for n, w := range b.rows {
		if w.fate == models.FateCreate && w.row.Decision == nil {
			again := &judged{row: w.row, fam: w.fam}
			if b.k.judge(n, again, r); again.fate != "" {
				w.leave("changed_since")
			}
		}
		if w.onto != uuid.Nil {
			asked = append(asked, w.onto)
		}
		for _, label := range w.others() {
			if b.k.family[place{n, label}] {
				w.drop(label)
			}
		}
	}
	return b, b.k.close(tx.DB, i, asked, tx.Now())
}

func (w *writing) leave(why string) { w.fate, w.why, w.onto, w.ontoRow = "", why, uuid.Nil, nil }

func (w *writing) others() (labels []string) {
	for _, p := range w.fam.others {
		labels = append(labels, p.label)
	}
	return labels
}

// drop leaves out a relative whom we know already.
func (w *writing) drop(label string) {
	w.fam.others = slices.DeleteFunc(w.fam.others, func(p person) bool { return p.label == label })
}

// decide turns the fate and the decision into create, update or nothing.
func (w *writing) decide() error {
	if w.row.Fate == nil {
		w.leave("unchecked")
		return nil
	}
	var matches []ImportMatch
	if err := json.Unmarshal(w.row.Matches, &matches); err != nil {
		return err
	}
	var issues []CellIssue
	if err := json.Unmarshal(w.row.Errors, &issues); err != nil {
		return err
	}
	for _, issue := range issues {
		if issue.Code == alreadyKnown {
			w.drop(issue.Person)
		}
	}
	switch fate, decision := *w.row.Fate, w.row.Decision; {
	case fate == models.FateError || w.fam.failed():
		w.leave("error")
	case fate == models.FateUnchanged || fate == models.FateSkipped:
		w.leave(string(fate))
	case decision != nil && *decision == models.DecideSkip:
		w.leave("decided")
	case fate == models.FateDuplicate && decision == nil:
		w.leave("undecided")
	case fate == models.FateCreate, decision != nil && *decision == models.DecideCreate:
		w.fate = models.FateCreate
	default:
		w.fate = models.FateUpdate
		if w.row.MatchID != nil {
			w.onto = *w.row.MatchID
		} else if len(matches) > 0 && matches[0].Row > 0 {
			w.ontoRow = &matches[0]
		} else {
			w.leave("match_gone")
		}
	}
	return nil
}

func (b *batchWrite) writeAll() error {
	for _, w := range b.rows {
		if w.fate == models.FateCreate {
			b.create(w)
		}
	}
	b.tx.Locks(services.LockMembers)
	held, err := b.targets()
	if err != nil {
		return err
	}
	if err := people.Arrive(b.tx, b.in); err != nil {
		return err
	}
	for _, w := range b.rows {
		if w.fate != models.FateUpdate {
			continue
		}
		if err := b.update(w, held); err != nil {
			return err
		}
	}
	if len(b.in.Members) == 0 {
		b.tx.Unchanged()
	}
	return nil
}

// targets locks the members that updates are about. Those of earlier rows are found first: they stand in the table, or
// are among the arrivals of this very batch.
func (b *batchWrite) targets() (map[uuid.UUID]*models.Member, error) {
	var numbers []int
	for _, w := range b.rows {
		if w.ontoRow != nil {
			numbers = append(numbers, w.ontoRow.Row)
		}
	}
	at := map[place]uuid.UUID{}
	if len(numbers) > 0 {
		var rows []models.ImportRow
		if err := b.tx.DB.Select("number", "made", "member_id").Where("import_id = ? AND number IN ?", b.i.ID, numbers).Find(&rows).Error; err != nil {
			return nil, err
		}
		for _, row := range rows {
			var all []made
			if err := json.Unmarshal(row.Made, &all); err != nil {
				return nil, err
			}
			for _, m := range all {
				at[place{row.Number, m.Person}] = m.ID
			}
			if row.MemberID != nil {
				at[place{row.Number, "main"}] = *row.MemberID
			}
		}
	}
	arriving := map[uuid.UUID]*models.Member{}
	for _, m := range b.in.Members {
		arriving[m.ID] = m
	}
	for _, w := range b.rows {
		for _, m := range w.made {
			at[place{w.row.Number, m.Person}] = m.ID
		}
	}
	var ids []uuid.UUID
	for _, w := range b.rows {
		if w.ontoRow != nil {
			if w.onto = at[place{w.ontoRow.Row, w.ontoRow.Person}]; w.onto == uuid.Nil {
				w.leave("match_gone")
			}
		}
		if w.onto != uuid.Nil && arriving[w.onto] == nil {
			ids = append(ids, w.onto)
		}
	}
	held, err := people.Held(b.tx, ids)
	for id, m := range arriving {
		held[id] = m
	}
	return held, err
}

// update merges a row into a member. The image of what it changed is what a roll-back restores. A record that could not be
// kept as it is, entered under older rules, is left until it is corrected.
func (b *batchWrite) update(w *writing, held map[uuid.UUID]*models.Member) error {
	m := held[w.onto]
	switch {
	case m == nil || m.Gone() || b.k.hidden[m.ID]:
		w.leave("match_gone")
		return nil
	case b.k.closed[m.ID]:
		w.leave("handled_by_colleague")
		return nil
	}
	before := *m
	before.Kinds, before.Tags = slices.Clone(m.Kinds), slices.Clone(m.Tags)
	after := before
	if w.changes = b.r.merge(&w.fam.main, &after); len(w.changes) == 0 {
		w.leave("unchanged")
		return nil
	}
	switch err := people.Revise(b.tx, before, &after); {
	case refused(err):
		w.leave("record_invalid")
		return nil
	case err != nil:
		return err
	}
	*m = after
	w.state, w.main, w.ids, w.before, w.version = models.RowWritten, m.ID, models.IDs{m.ID}, image(&before, w.changes), after.Version
	return nil
}

// refused says that it is the record itself that cannot be kept so: that row is left, and the others go on.
func refused(err error) bool {
	var e *services.Error
	return errors.As(err, &e) && (e.Kind == services.KindInvalid || e.Kind == services.KindConflict)
}

// create lines up somebody new with their family: a household, a claimed guardianship of each child who is not grown up,
// and the tie of parent and child. Two adults are not linked: adults ask, and accept.
func (b *batchWrite) create(w *writing) {
	main := b.arrive(w, &w.fam.main)
	w.state, w.main, w.version = models.RowWritten, main.ID, 1
	if r := w.fam.service; r != nil {
		r.ID, r.MemberID = services.NewID(), main.ID
		b.in.Service = append(b.in.Service, r)
		w.note(r.TableName(), r.ID)
	}
	if len(w.fam.others) == 0 {
		return
	}
	h := &models.Household{Record: models.Record{ID: services.NewID()}, Name: firstRunes(cmpOr(main.FamilyName, main.GivenName), 80)}
	b.in.Households = append(b.in.Households, h)
	w.note(h.TableName(), h.ID)
	today := main.Today(b.tx.Now())
	b.stay(w, h, main, models.HouseholdAdult, today)
	for n := range w.fam.others {
		p := &w.fam.others[n]
		p.member.Address, p.member.TimeZone = main.Address, main.TimeZone
		m := b.arrive(w, p)
		role := models.HouseholdAdult
		if p.label != "spouse" {
			if m.MinorOn(today) {
				role = models.HouseholdChild
				b.guard(w, main, m)
			}
			parent := &models.Relationship{Record: models.Record{ID: services.NewID()}, MemberID: &main.ID, Kind: models.RelationParent, OtherID: &m.ID, Status: models.RelationshipAccepted}
			if role == models.HouseholdChild {
				b.in.Relationships = append(b.in.Relationships, parent)
				w.note(parent.TableName(), parent.ID)
			}
		}
		b.stay(w, h, m, role, today)
	}
}

func (b *batchWrite) arrive(w *writing, p *person) *models.Member {
	m := &p.member
	m.ID = services.NewID()
	b.r.complete(m, p.label)
	b.in.Members = append(b.in.Members, m)
	w.made = append(w.made, made{m.TableName(), m.ID, p.label})
	w.ids = append(w.ids, m.ID)
	return m
}

func (w *writing) note(table string, id uuid.UUID) {
	w.made = append(w.made, made{Table: table, ID: id})
}

func (b *batchWrite) stay(w *writing, h *models.Household, m *models.Member, role models.HouseholdRole, on models.Date) {
	s := &models.HouseholdMember{ID: services.NewID(), HouseholdID: h.ID, MemberID: m.ID, Role: role, StartsOn: on}
	b.in.Stays = append(b.in.Stays, s)
	w.note(s.TableName(), s.ID)
}

func (b *batchWrite) guard(w *writing, guardian, child *models.Member) {
	g := &models.Guardianship{Record: models.Record{ID: services.NewID()}, GuardianID: guardian.ID, ChildID: child.ID}
	b.in.Guardianships = append(b.in.Guardianships, g)
	w.note(g.TableName(), g.ID)
}

func (b *batchWrite) storeRows() error {
	n := len(b.rows)
	ids, states, why, madeOf, befores := make([]uuid.UUID, n), make([]string, n), make([]string, n), make([]string, n), make([]*string, n)
	mains, groups, versions := make([]*uuid.UUID, n), make([]string, n), make([]*int, n)
	for k, w := range b.rows {
		ids[k], states[k], why[k], madeOf[k] = w.row.ID, string(w.state), w.why, string(asJSON(append([]made{}, w.made...)))
		group, err := w.ids.Value()
		if err != nil {
			return err
		}
		if groups[k] = group.(string); w.state == models.RowWritten {
			mains[k], versions[k] = &w.main, &w.version
		}
		if w.before != nil {
			text := string(w.before)
			befores[k] = &text
		}
	}
	b.tx.Queue(`update import_rows r set state = t.state, why = t.why, made = t.made::jsonb, before = t.before::jsonb, member_id = t.main, member_ids = t.ids::uuid[], written_version = t.version
		from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::uuid[], $7::text[], $8::int[]) t(id, state, why, made, before, main, ids, version)
		where r.id = t.id`, ids, states, why, madeOf, befores, mains, groups, versions)
	return nil
}
