//go:build unix

// Package coretest opens the spine on a database of the test's own.
package coretest

import (
	"log/slog"
	"testing"

	"homefront/internal/pgtest"
	"homefront/services"
)

// Secret is the deployment's secret in tests.
var Secret = []byte("0123456789abcdefghijklmnopqrstuv")

// New is a core on a fresh database.
func New(t testing.TB) *services.Core {
	t.Helper()
	return On(t, pgtest.New(t))
}

// On is a core on db: the second of a test is a second server process. It is closed when the test ends.
func On(t testing.TB, db *pgtest.DB, change ...func(*services.Settings)) *services.Core {
	t.Helper()
	settings := services.Settings{DatabaseURL: db.AppURL, Secret: Secret, ReadConns: 4, WriteConns: 4, Log: slog.New(slog.DiscardHandler), DecodeAnswers: true}
	for _, do := range change {
		do(&settings)
	}
	core, err := services.Open(t.Context(), settings)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(core.Close)
	return core
}
