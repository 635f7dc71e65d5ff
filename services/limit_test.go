package services_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"homefront/services"
)

func TestLimit(t *testing.T) {
	f := open(t)
	f.Clock.Set(time.Now())
	l := services.Limit{Name: "test", Every: 10 * time.Second, Burst: 3}
	for i := range 3 {
		if err := f.Take(t.Context(), l, "alice"); err != nil {
			t.Fatalf("use %d: %v", i+1, err)
		}
	}
	var e *services.Error
	if err := f.Take(t.Context(), l, "alice"); !errors.As(err, &e) || e.Kind != services.KindTooMany || e.RetryAfter != 10*time.Second {
		t.Fatalf("the fourth: %v, retry after %v", err, e)
	}
	if err := f.Take(t.Context(), l, "bob"); err != nil {
		t.Errorf("another key: %v", err)
	}
	f.Clock.Advance(e.RetryAfter)
	if err := f.Take(t.Context(), l, "alice"); err != nil {
		t.Errorf("after Retry-After: %v", err)
	}
	if err := f.Take(t.Context(), l, "alice"); err == nil {
		t.Error("and only one more")
	}
	if err := f.Forgive(t.Context(), l, "alice"); err != nil {
		t.Fatal(err)
	}
	if err := f.Take(t.Context(), l, "alice"); err != nil {
		t.Errorf("forgiven: %v", err)
	}
}

func TestLimitHoldsAcrossReplicas(t *testing.T) {
	f := open(t)
	other := openOn(t, f.db)
	l := services.Limit{Name: "test", Every: time.Minute, Burst: 10}
	var passed atomic.Int32
	var wg sync.WaitGroup
	for i := range 60 {
		wg.Go(func() {
			c := []*services.Core{f.Core, other}[i%2]
			if err := c.Take(t.Context(), l, "alice"); err == nil {
				passed.Add(1)
			}
		})
	}
	wg.Wait()
	if passed.Load() != 10 {
		t.Errorf("%d passed, want 10", passed.Load())
	}
	if n := f.count(t, `select count(*) from rate_limits where encode(key, 'escape') like '%alice%'`); n != 0 {
		t.Error("the table names people")
	}
}
