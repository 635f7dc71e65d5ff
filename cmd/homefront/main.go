// Command homefront serves the API, or runs the tasks around it. `homefront --help` lists them.
package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
	_ "time/tzdata" // the zones of the world, wherever the binary runs

	"github.com/alecthomas/kong"

	"homefront/migrations"
	"homefront/services"
)

var version = "dev" // stamped by the build

type cli struct {
	Serve       serveCmd       `cmd:"" help:"Serve the API against DATABASE_URL. Applies nothing: run 'migrate up' first."`
	Demo        demoCmd        `cmd:"" help:"Serve everything on this machine: a private PostgreSQL, demo data, a mail sink."`
	Migrate     migrateCmd     `cmd:"" help:"Apply or list the migrations, as the owner role (HOMEFRONT_MIGRATE_URL)."`
	OpenAPI     openAPICmd     `cmd:"" name:"openapi" help:"Print the API's description as YAML."`
	CreateAdmin createAdminCmd `cmd:"" help:"Make the first admin. The password is read from standard input."`
	Keys        keysCmd        `cmd:"" help:"Keys: those that sign access tokens, and those that wrap the keys of people."`
	Audit       auditCmd       `cmd:"" help:"The audit log."`
	Config      configCmd      `cmd:"" help:"Print every setting, where it comes from, and its default. Secrets are hidden."`
	Health      healthCmd      `cmd:"" help:"Ask a running server whether it lives; for health checks."`
	Version     versionCmd     `cmd:"" help:"Print the version."`
}

func main() {
	time.Local = time.UTC // what the database answers is told in UTC, wherever the machine stands
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var c cli
	k := kong.Parse(&c, kong.Name("homefront"), kong.Description("Program management for nonprofits that serve veterans and their families."),
		kong.UsageOnError(), kong.BindTo(ctx, (*context.Context)(nil)))
	if err := k.Run(load()); err != nil {
		fmt.Fprintln(os.Stderr, "homefront:", err)
		stop()
		os.Exit(1) //nolint:gocritic // stop has run
	}
}

type migrateCmd struct {
	Up     migrateUpCmd     `cmd:"" help:"Apply what is missing."`
	Status migrateStatusCmd `cmd:"" help:"List the migrations and whether the database has them."`
}

type migrateUpCmd struct{}

func (migrateUpCmd) Run(ctx context.Context, c Config) error {
	if c.MigrateURL == "" {
		return errors.New("HOMEFRONT_MIGRATE_URL is missing: the database as its owner role")
	}
	if err := migrations.Up(ctx, c.MigrateURL); err != nil {
		return err
	}
	fmt.Println("The database is up to date.")
	return nil
}

type migrateStatusCmd struct{}

func (migrateStatusCmd) Run(ctx context.Context, c Config) error {
	url := c.MigrateURL
	if url == "" {
		return errors.New("HOMEFRONT_MIGRATE_URL is missing: the database as its owner role")
	}
	all, err := migrations.List(ctx, url)
	if err != nil {
		return err
	}
	for _, m := range all {
		state := "missing"
		if m.Applied {
			state = "applied"
		}
		fmt.Printf("%-8s %s\n", state, m.Name)
	}
	return nil
}

type openAPICmd struct{}

func (openAPICmd) Run() error {
	spec, err := describe()
	if err != nil {
		return err
	}
	_, err = os.Stdout.Write(spec)
	return err
}

type createAdminCmd struct {
	Email string `required:"" help:"The address that signs in."`
	Name  string `required:"" help:"Given and family name."`
}

func (cmd createAdminCmd) Run(ctx context.Context, c Config) error {
	return withServices(ctx, c, needDatabase, func(a *app) error {
		fmt.Fprint(os.Stderr, "Password (15 characters or more): ")
		password, err := readLine(os.Stdin)
		if err != nil {
			return err
		}
		if _, err := a.Accounts.CreateAdmin(services.AsSystem(ctx, "create-admin"), cmd.Email, password, cmd.Name); err != nil {
			return explain(err)
		}
		fmt.Println("The admin can sign in.")
		return nil
	})
}

type auditCmd struct {
	Verify auditVerifyCmd `cmd:"" help:"Walk the hash chain and name the first row that was altered, removed or put elsewhere."`
}

type auditVerifyCmd struct {
	Head string `help:"A chain head from the log (SEQ:HASH), to find links that were cut off since."`
}

func (cmd auditVerifyCmd) Run(ctx context.Context, c Config) error {
	return withServices(ctx, c, needDatabase, func(a *app) error {
		var known *services.ChainHead
		if cmd.Head != "" {
			head, err := services.ParseChainHead(cmd.Head)
			if err != nil {
				return err
			}
			known = &head
		}
		head, err := a.Core.VerifyAudit(ctx, known)
		if err != nil {
			return fmt.Errorf("the audit log is not what was written: %w", err)
		}
		fmt.Println("The audit log is whole. Its head is", head)
		return nil
	})
}

type configCmd struct{}

func (configCmd) Run(c Config) error {
	if err := c.print(os.Stdout); err != nil {
		return err
	}
	return c.check(needNothing)
}

type healthCmd struct{}

func (healthCmd) Run(ctx context.Context, c Config) error {
	host, port, err := net.SplitHostPort(c.Addr)
	if err != nil {
		return err
	}
	if ip := net.ParseIP(host); ip == nil || ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+"/livez", nil)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("the server answers %s", res.Status)
	}
	return nil
}

type versionCmd struct{}

func (versionCmd) Run() error {
	fmt.Println(version)
	return nil
}

// readLine takes one line, so that a password never stands in the list of processes.
func readLine(f *os.File) (string, error) {
	var line strings.Builder
	b := make([]byte, 1)
	for {
		n, err := f.Read(b)
		if n == 1 && b[0] == '\n' || err != nil && line.Len() > 0 {
			return strings.TrimSuffix(line.String(), "\r"), nil
		}
		if err != nil {
			return "", fmt.Errorf("standard input: %w", err)
		}
		line.WriteByte(b[0])
	}
}

// explain gives every field of an error of ours a line.
func explain(err error) error {
	var ours *services.Error
	if !errors.As(err, &ours) {
		return err
	}
	lines := []error{errors.New(ours.Message)}
	for _, f := range ours.Fields {
		lines = append(lines, errors.New("  "+strings.TrimPrefix(f.Field, "/")+": "+f.Message))
	}
	return errors.Join(lines...)
}
