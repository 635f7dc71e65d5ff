package forms_test

import (
	"testing"

	"homefront/internal/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }
