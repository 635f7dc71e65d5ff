package services

import (
	"errors"
	"slices"
)

// Attempt does something that may be refused without ending the use case: then it is as if it had not been tried, rows, jobs and
// what the log would have said, and why is the answer. What is no refusal, such as a lost connection or a lost race, is an error
// as ever. Locks that it took stay.
func (tx *Tx) Attempt(do func() error) (refused *Error, err error) {
	entry := tx.entry
	entry.objects, entry.subjects, entry.changes = slices.Clone(entry.objects), slices.Clone(entry.subjects), slices.Clone(entry.changes)
	tx.Queue("savepoint attempt")
	if err := tx.Batch(); err != nil { // what was queued before it is none of it
		return nil, err
	}
	err = do()
	if err == nil {
		err = tx.Batch() // what it left queued may fail too
	}
	if err != nil && tx.failed != nil {
		err = tx.failed
	}
	if err == nil {
		tx.Queue("release savepoint attempt")
		return nil, nil
	}
	if lostRace(err) || !errors.As(translate(err), &refused) || refused.Kind == KindUnavailable {
		return nil, err
	}
	tx.queue, tx.entry, tx.failed = nil, entry, nil
	tx.Queue("rollback to savepoint attempt")
	return refused, tx.Batch() // by itself: nothing else is even prepared in a transaction that failed
}
