//go:build unix

package pgembed

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
)

// settings are given on the command line, where neither a file nor ALTER SYSTEM can undo them.
func (s *Server) settings() []string {
	set := map[string]string{
		"listen_addresses":        "",
		"port":                    port,
		"unix_socket_directories": s.socket.path,
		"unix_socket_permissions": "0700",
		"cluster_name":            clusterName(s.data()), // in every process title: how orphans are found
		"timezone":                "UTC",
		"jit":                     "off", // costs tens of milliseconds on queries that take one
		"shared_buffers":          "128MB",
		"max_connections":         "100",
	}
	maps.Copy(set, quiet)
	if s.opt.Fast {
		maps.Copy(set, fast)
	} else {
		maps.Copy(set, durable)
	}
	maps.Copy(set, s.opt.Settings)
	var args []string
	for _, name := range slices.Sorted(maps.Keys(set)) {
		args = append(args, "-c", name+"="+set[name])
	}
	return args
}

// quiet keeps what people typed out of the log: no statements, no parameters, no details with the values of a violated
// constraint. What still holds values, the text of an ordinary error, is dropped by relay.
var quiet = map[string]string{
	"logging_collector":                 "off",
	"log_destination":                   "stderr",
	"log_line_prefix":                   linePrefix,
	"log_timezone":                      "UTC",
	"lc_messages":                       "C",
	"log_min_messages":                  "warning",
	"log_min_error_statement":           "panic",
	"log_error_verbosity":               "terse",
	"log_statement":                     "none",
	"log_min_duration_statement":        "-1",
	"log_parameter_max_length":          "0",
	"log_parameter_max_length_on_error": "0",
	"log_checkpoints":                   "off",
}

var durable = map[string]string{
	"fsync":              "on",
	"synchronous_commit": "on",
	"full_page_writes":   "on",
}

// fast trades everything that guards against a power cut, and the work nobody needs in a test, for speed. Autovacuum
// would also sit in a template database just when it is to be copied.
var fast = map[string]string{
	"fsync":              "off",
	"synchronous_commit": "off",
	"full_page_writes":   "off",
	"autovacuum":         "off",
	"wal_level":          "minimal",
	"max_wal_senders":    "0",
	"min_wal_size":       "32MB",
	"max_wal_size":       "512MB",
	"wal_recycle":        "off",
	"wal_init_zero":      "off",
	"max_connections":    "400",
}

func clusterName(data string) string {
	sum := sha256.Sum256([]byte(data))
	return "homefront-" + hex.EncodeToString(sum[:10])
}
