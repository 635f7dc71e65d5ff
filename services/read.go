package services

import (
	"context"
	"errors"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
)

// Read runs a plain read on the pool of reads. What holds health or confidential data goes through Disclose.
// Errors: those of do; unavailable when the database is out of reach.
func Read[T any](ctx context.Context, c *Core, do func(db *gorm.DB) (T, error)) (T, error) {
	var none T
	call, err := CallFrom(ctx)
	if err != nil {
		return none, err
	}
	if call.inside {
		panic("Read inside Mutate takes a second connection")
	}
	ctx, cancel := context.WithTimeout(ctx, transactionTimeout)
	defer cancel()
	result, err := do(c.readGorm.WithContext(ctx))
	return result, translate(err)
}

// Disclosure is a read that the audit log tells of.
type Disclosure struct {
	DB *gorm.DB
	tx *Tx
}

// Object names a record that is shown.
func (d *Disclosure) Object(ids ...uuid.UUID) { d.tx.Object(ids...) }

// Subject names a member whose data is shown.
func (d *Disclosure) Subject(ids ...uuid.UUID) { d.tx.Subject(ids...) }

// Keys opens what is sealed.
func (d *Disclosure) Keys() *Keys { return d.tx.core.Keys }

// Tx is the transaction of the disclosure, for the steps that open sealed text.
func (d *Disclosure) Tx() *Tx { return d.tx }

// Disclose shows health or confidential data, and commits the audit row that says so before it returns: no row, no
// answer. NotFound leaves a row too, the same whether or not the record exists.
// Errors: those of do; unavailable when the audit row cannot be written.
func Disclose[T any](ctx context.Context, c *Core, action string, do func(*Disclosure) (T, error)) (T, error) {
	return transact(ctx, c, auditDraft{action: action, outcome: models.OutcomeRead}, func(tx *Tx) (T, error) {
		return do(&Disclosure{DB: tx.DB, tx: tx})
	})
}

// keepOn says whether the audit row outlives the error: an attempt that was refused is told, and so is a look at guarded
// data that found nothing.
func (d *auditDraft) keepOn(err error) bool {
	if d.outcome == models.OutcomeRefused {
		return true
	}
	var e *Error
	if d.outcome != models.OutcomeRead || !errors.As(translate(err), &e) || e.Kind != KindNotFound {
		return false
	}
	d.outcome = models.OutcomeNotFound
	return true
}
