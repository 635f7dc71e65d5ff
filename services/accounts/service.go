// Package accounts holds who may sign in and how: sign-up, sessions and their tokens, passwords, invitations, roles,
// and reading the audit log.
package accounts

import (
	"context"
	"net/mail"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/text/unicode/norm"
	"golang.org/x/time/rate"

	"homefront/services"
)

// Settings is what the service needs of the configuration.
type Settings struct {
	// Issuer and Audience stand in every access token; the public address of the API serves for both.
	Issuer, Audience string
	// Organization is what the nonprofit calls itself: no part of a good password.
	Organization string
	// LoginsPerAddress is how many sign-ins one network address may try at once, before one each 10 s; 0 means 200. A
	// whole workshop may sign in from one wifi.
	LoginsPerAddress int
}

// Service is the use cases of accounts and access.
type Service struct {
	core     *services.Core
	settings Settings
	hashes   *hasher
	tokens   *lru.Cache[[32]byte, *signedIn]
	keys     atomic.Pointer[keyring]
	loading  sync.Mutex // one reload of the keys at a time
	reloads  *rate.Limiter
	watched  atomic.Pointer[revocations]
	byAddr   services.Limit
}

// tokensCached bounds the memory of verified tokens: some 300 bytes each.
const tokensCached = 20_000

// New declares the jobs and answers the service. Run Watch beside it, or every request asks the database who it is.
func New(core *services.Core, settings Settings) *Service {
	if settings.LoginsPerAddress == 0 {
		settings.LoginsPerAddress = 200
	}
	cache, err := lru.New[[32]byte, *signedIn](tokensCached)
	if err != nil {
		panic(err) // only for a size below one
	}
	s := &Service{
		core: core, settings: settings, hashes: newHasher(), tokens: cache,
		reloads: rate.NewLimiter(rate.Every(time.Second), 2),
		byAddr:  services.Limit{Name: "login/address", Every: 10 * time.Second, Burst: settings.LoginsPerAddress},
	}
	services.Handle(core.Jobs, 10, s.mailToken)
	services.Handle(core.Jobs, 10, s.teenConsentEnded)
	services.Handle(core.Jobs, 3, s.purge)
	services.Every(core.Jobs, 24*time.Hour, Purge{})
	return s
}

// The limits on guessing. A wrong password counts against the pair of account and network, so that somebody else's
// guesses from elsewhere never keep the owner out; the account's own limit, which guards against guessing from many
// networks, does not apply where the owner has signed in before. NIST SP 800-63B: at most 100 failures in a row.
var (
	loginByPair    = services.Limit{Name: "login/pair", Every: time.Minute, Burst: 10}
	loginByAccount = services.Limit{Name: "login/account", Every: time.Hour, Burst: 100}
	passwordAgain  = services.Limit{Name: "password/again", Every: time.Minute, Burst: 10}
	mailByAddress  = services.Limit{Name: "mail/address", Every: 10 * time.Second, Burst: 300}
	inviteByStaff  = services.Limit{Name: "invite/account", Every: 10 * time.Second, Burst: 200}
	tokenByAddress = services.Limit{Name: "token/address", Every: 10 * time.Second, Burst: 60}
)

// take counts a use of each limit, and answers the first refusal.
func (s *Service) take(ctx context.Context, uses ...use) error {
	for _, u := range uses {
		if err := s.core.Take(ctx, u.limit, u.key); err != nil {
			return err
		}
	}
	return nil
}

type use struct {
	limit services.Limit
	key   string
}

// addressOf is the network that a call comes from: a whole /64 in IPv6, where one home has that many addresses.
func addressOf(ctx context.Context) (string, error) {
	call, err := services.CallFrom(ctx)
	if err != nil {
		return "", err
	}
	return network(call.Address), nil
}

func network(address string) string {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return "0.0.0.0/32"
	}
	a = a.Unmap().WithZone("")
	bits := 32
	if a.Is6() {
		bits = 64
	}
	p, err := a.Prefix(bits)
	if err != nil {
		return "0.0.0.0/32"
	}
	return p.String()
}

// plainEmail is an address as it is stored and compared: trimmed, composed (NFC), lower case.
func plainEmail(typed string) string {
	return strings.ToLower(norm.NFC.String(strings.TrimSpace(typed)))
}

// checkEmail refuses what no mail could reach, and what could smuggle a second recipient.
func checkEmail(email string) *services.FieldError {
	a, err := mail.ParseAddress(email)
	at := strings.LastIndexByte(email, '@')
	if err != nil || a.Address != email || at < 1 || len(email) > 254 || !strings.Contains(email[at+1:], ".") || strings.ContainsAny(email, " \"<>()[],;:\\%") {
		return &services.FieldError{Field: "/email", Code: "bad_format", Message: "This is not an e-mail address, such as maria@example.org."}
	}
	return nil
}

// plainName folds runs of space, and refuses a name that is none.
func plainName(typed string) (string, *services.FieldError) {
	name := strings.Join(strings.Fields(norm.NFC.String(typed)), " ")
	if name == "" || strings.IndexFunc(name, unicode.IsControl) >= 0 || strings.IndexFunc(name, unicode.IsLetter) < 0 {
		return "", &services.FieldError{Field: "/name", Code: "bad_format", Message: "Give the name that we should know you by."}
	}
	return name, nil
}

// invalid answers all that is wrong at once, or nil.
func invalid(found ...*services.FieldError) error {
	var fields []services.FieldError
	for _, f := range found {
		if f != nil {
			fields = append(fields, *f)
		}
	}
	if len(fields) == 0 {
		return nil
	}
	return services.Invalid(fields...)
}

var _ = services.Meanings(map[string]*services.Error{
	"accounts_email":          services.Conflict("account_exists", "This address already has an account. Sign in, or ask for a new password."),
	"accounts_one_per_member": services.Conflict("member_has_account", "This person already has an account."),
	"invitations_member":      services.InvalidField("/member_id", "unknown_member", "There is no such member."),
})
