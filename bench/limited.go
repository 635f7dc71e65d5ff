package main

import (
	"context"
	"os"
	"runtime/debug"

	"homefront/bench/limit"
)

// limited runs the limit with the runtime settings of the product.
func limited(ctx context.Context) error {
	secret, err := childSecret()
	if err != nil {
		return err
	}
	debug.SetGCPercent(gcPercent)
	debug.SetMemoryLimit(memoryTop)
	server, err := limit.New(ctx, limit.Settings{DatabaseURL: os.Getenv(envDatabase), Secret: secret, PublicURL: publicURL, Conns: poolConns, PerSecond: perSecond})
	if err != nil {
		return err
	}
	return listenUntilStdinEnds(server.App.Listener, server.Shutdown)
}
