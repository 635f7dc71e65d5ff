package services_test

import (
	"context"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"gorm.io/gorm"

	"homefront/services"
)

// A read in a transaction of its own that runs out of time fails alone: the connection belongs to whoever reads until the
// transaction is given back, and the next reader finds a sound one.
func TestAReadThatRunsOutOfTimeLeavesTheOthersAlone(t *testing.T) {
	f := open(t)
	ctx := call(&services.Call{})
	read := func(ctx context.Context) error {
		_, err := services.Read(ctx, f.Core, func(db *gorm.DB) (n int, err error) {
			return n, db.Transaction(func(tx *gorm.DB) error {
				for range 20 {
					found, err := services.Rows[thing](tx.Table("subject_keys"), 10)
					if err != nil {
						return err
					}
					n += len(found)
				}
				return nil
			})
		})
		return err
	}
	if err := read(ctx); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 250 {
				short, cancel := context.WithTimeout(ctx, time.Duration(rand.IntN(6_000))*time.Microsecond)
				_ = read(short) // in time or not
				cancel()
			}
		})
	}
	all.Wait()
	for range 20 {
		if err := read(ctx); err != nil {
			t.Fatal(err)
		}
	}
}
