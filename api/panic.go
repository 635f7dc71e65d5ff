package api

import (
	"fmt"
	"runtime"
	"strings"

	"github.com/gofiber/fiber/v2"

	"homefront/services"
)

// caught makes a panic an error that says of what kind it was and where: what it was thrown with may hold somebody's words, and the
// error is logged.
func caught(c *fiber.Ctx) (err error) {
	defer func() {
		if thrown := recover(); thrown != nil {
			err = fmt.Errorf("panic at %s: %s", thrower(), services.PanicOf(thrown))
		}
	}()
	return c.Next()
}

// thrower is the function and line that panicked, asked where the panic is recovered.
func thrower() string {
	var pcs [64]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs[:])])
	thrown := false
	for {
		f, more := frames.Next()
		inside := strings.HasPrefix(f.Function, "runtime.")
		if thrown && !inside {
			return fmt.Sprintf("%s:%d", f.Function, f.Line)
		}
		if thrown = thrown || inside; !more {
			return "an unknown place"
		}
	}
}
