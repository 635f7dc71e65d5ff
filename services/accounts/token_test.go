package accounts_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
)

// signingKey opens the key that signs, as only the deployment can.
func (w *world) signingKey() (kid string, private ed25519.PrivateKey) {
	w.t.Helper()
	var id uuid.UUID
	var sealed []byte
	w.scan(`select id, sealed from signing_keys where retired_at is null`, nil, &id, &sealed)
	seed, err := w.core.Keys.OpenSecret("signing key "+id.String(), sealed)
	w.ok(err)
	return id.String(), ed25519.NewKeyFromSeed(seed)
}

func TestForgedTokensAreRefused(t *testing.T) {
	w := newWorld(t)
	w.account("sam@example.org", "Sam Ortiz", models.RoleMember)
	in := w.login("sam@example.org")
	kid, private := w.signingKey()
	public := private.Public().(ed25519.PublicKey)
	_, stranger, err := ed25519.GenerateKey(rand.Reader)
	w.ok(err)
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	w.ok(err)
	rs, err := rsa.GenerateKey(rand.Reader, 2048)
	w.ok(err)

	good := jwt.MapClaims{}
	_, _, err = jwt.NewParser().ParseUnverified(in.AccessToken, good)
	w.ok(err)
	sign := func(method jwt.SigningMethod, key any, header map[string]any, change map[string]any) string {
		claims := maps.Clone(good)
		for k, v := range change {
			if claims[k] = v; v == nil {
				delete(claims, k)
			}
		}
		token := jwt.NewWithClaims(method, claims)
		token.Header["typ"], token.Header["kid"] = "at+jwt", kid
		for k, v := range header {
			if token.Header[k] = v; v == nil {
				delete(token.Header, k)
			}
		}
		signed, err := token.SignedString(key)
		w.ok(err)
		return signed
	}
	ours := func(change map[string]any) string { return sign(jwt.SigningMethodEdDSA, private, nil, change) }
	header := func(change map[string]any) string { return sign(jwt.SigningMethodEdDSA, private, change, nil) }
	now := w.core.Clock.Now()
	at := func(d time.Duration) float64 { return float64(now.Add(d).Unix()) }
	part := strings.Split(in.AccessToken, ".")
	raw := func(h string) string { return base64.RawURLEncoding.EncodeToString([]byte(h)) }
	tooMany, err := json.Marshal(map[string]any{"alg": "EdDSA", "typ": "at+jwt", "kid": strings.Repeat("x", 5000)})
	w.ok(err)

	w.as(ours(map[string]any{"jti": "control"})) // the control: what is signed like ours is taken

	for name, token := range map[string]string{
		"nothing":                     "",
		"one word":                    "x",
		"dots":                        strings.Repeat(".", 1<<20),
		"alg none":                    sign(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, nil, nil),
		"alg none, signature kept":    raw(`{"alg":"none","typ":"at+jwt","kid":"`+kid+`"}`) + "." + part[1] + "." + part[2],
		"alg None":                    raw(`{"alg":"None","typ":"at+jwt","kid":"`+kid+`"}`) + "." + part[1] + ".",
		"HS256 with the public key":   sign(jwt.SigningMethodHS256, []byte(public), nil, nil),
		"HS512 with the public key":   sign(jwt.SigningMethodHS512, []byte(public), nil, nil),
		"ES256":                       sign(jwt.SigningMethodES256, ec, nil, nil),
		"RS256":                       sign(jwt.SigningMethodRS256, rs, nil, nil),
		"PS256":                       sign(jwt.SigningMethodPS256, rs, nil, nil),
		"another key":                 sign(jwt.SigningMethodEdDSA, stranger, nil, nil),
		"expired":                     ours(map[string]any{"exp": at(-time.Second)}),
		"expires now":                 ours(map[string]any{"exp": at(0)}),
		"no exp":                      ours(map[string]any{"exp": nil}),
		"exp as text":                 ours(map[string]any{"exp": "2099-01-01"}),
		"not yet":                     ours(map[string]any{"nbf": at(time.Minute)}),
		"no nbf":                      ours(map[string]any{"nbf": nil}),
		"issued in an hour":           ours(map[string]any{"iat": at(time.Hour)}),
		"no iat":                      ours(map[string]any{"iat": nil}),
		"no aud":                      ours(map[string]any{"aud": nil}),
		"another aud":                 ours(map[string]any{"aud": "https://other.example"}),
		"no iss":                      ours(map[string]any{"iss": nil}),
		"another iss":                 ours(map[string]any{"iss": "https://other.example"}),
		"no jti":                      ours(map[string]any{"jti": nil}),
		"no sub":                      ours(map[string]any{"sub": nil}),
		"sub is no id":                ours(map[string]any{"sub": "' OR 1=1"}),
		"another account":             ours(map[string]any{"sub": services.NewID().String()}),
		"no session":                  ours(map[string]any{"sid": nil}),
		"unknown session":             ours(map[string]any{"sid": services.NewID().String()}),
		"no auth_time":                ours(map[string]any{"auth_time": nil}),
		"typ JWT":                     header(map[string]any{"typ": "JWT"}),
		"no typ":                      header(map[string]any{"typ": nil}),
		"no kid":                      header(map[string]any{"kid": nil}),
		"kid is a path":               header(map[string]any{"kid": "../../dev/null"}),
		"kid is SQL":                  header(map[string]any{"kid": "' OR 1=1"}),
		"kid is unknown":              header(map[string]any{"kid": services.NewID().String()}),
		"kid in capitals":             header(map[string]any{"kid": strings.ToUpper(kid)}),
		"kid is a number":             header(map[string]any{"kid": 7}),
		"kid is long":                 base64.RawURLEncoding.EncodeToString(tooMany) + "." + part[1] + "." + part[2],
		"jku":                         header(map[string]any{"jku": "https://evil.example/jwks.json"}),
		"x5u":                         header(map[string]any{"x5u": "https://evil.example/cert"}),
		"jwk":                         sign(jwt.SigningMethodEdDSA, stranger, map[string]any{"jwk": map[string]string{"kty": "OKP"}}, nil),
		"crit":                        header(map[string]any{"crit": []string{"b64"}}),
		"signature cut":               in.AccessToken[:len(in.AccessToken)-4],
		"no signature":                part[0] + "." + part[1] + ".",
		"signature flipped":           part[0] + "." + part[1] + "." + flip(part[2]),
		"body flipped":                part[0] + "." + flip(part[1]) + "." + part[2],
		"four parts":                  in.AccessToken + "." + part[2],
		"padded":                      in.AccessToken + "=",
		"a space":                     " " + in.AccessToken,
		"refresh token":               in.RefreshToken,
		"body of another, ours signs": part[0] + "." + raw(`{"sub":"x"}`) + "." + part[2],
	} {
		began := time.Now()
		_, err := w.Authenticate(t.Context(), token)
		if took := time.Since(began); took > 500*time.Millisecond {
			t.Errorf("%s: took %v", name, took)
		}
		t.Run(name, func(t *testing.T) {
			w.t = t
			w.want(err, services.CodeUnauthenticated)
		})
	}
}

func flip(part string) string {
	b := []byte(part)
	if b[len(b)/2] == 'A' {
		b[len(b)/2] = 'B'
	} else {
		b[len(b)/2] = 'A'
	}
	return string(b)
}

func TestRolesComeFromTheAccount(t *testing.T) {
	w := newWorld(t)
	w.account("sam@example.org", "Sam Ortiz", models.RoleMember)
	in := w.login("sam@example.org")
	_, private := w.signingKey()
	claims := jwt.MapClaims{}
	parsed, _, err := jwt.NewParser().ParseUnverified(in.AccessToken, claims)
	w.ok(err)
	claims["roles"] = []string{"admin"}
	forged := jwt.NewWithClaims(jwt.SigningMethodEdDSA, claims)
	maps.Copy(forged.Header, parsed.Header)
	token, err := forged.SignedString(private)
	w.ok(err)
	actor, err := w.Authenticate(t.Context(), token)
	w.ok(err)
	if actor.Has(models.RoleAdmin) {
		t.Error("the token's roles were believed")
	}
}

func TestKeysRotate(t *testing.T) {
	w := newWorld(t)
	other := replica(t, w.db)
	w.account("sam@example.org", "Sam Ortiz", models.RoleMember)
	before := w.login("sam@example.org")
	other.as(before.AccessToken)
	old, _ := w.signingKey()

	id, err := w.RotateKeys(t.Context())
	w.ok(err)
	after := w.login("sam@example.org")
	other.as(after.AccessToken) // a kid that it does not know yet
	w.as(before.AccessToken)
	if kid, _ := w.signingKey(); kid == old || kid != id.String() {
		t.Errorf("the key is %s, was %s", kid, old)
	}
	keys := func(w *world) int {
		set, err := w.JWKS(t.Context())
		w.ok(err)
		return len(set.Keys)
	}
	if keys(w) != 2 || keys(other) != 2 {
		t.Errorf("%d and %d keys are published", keys(w), keys(other))
	}
	w.core.Clock.Advance(12 * time.Minute)
	if keys(w) != 1 {
		t.Errorf("%d keys are published after the last token ended", keys(w))
	}
}

func TestReplicasAgreeOnTheFirstKey(t *testing.T) {
	db := newWorld(t).db
	worlds := []*world{replica(t, db), replica(t, db), replica(t, db)}
	kids := make([]uuid.UUID, len(worlds))
	if done := together(len(worlds), func(i int) error {
		set, err := worlds[i].JWKS(t.Context())
		if err == nil {
			kids[i] = set.Keys[0].KeyID
		}
		return err
	}); done != len(worlds) {
		t.Fatalf("%d of %d started", done, len(worlds))
	}
	if kids[0] != kids[1] || kids[1] != kids[2] || kids[0] == uuid.Nil {
		t.Errorf("they sign with %v", kids)
	}
	if done := together(4, func(i int) error { _, err := worlds[i%3].RotateKeys(t.Context()); return err }); done != 4 {
		t.Errorf("%d of 4 rotations", done)
	}
	if n := worlds[0].count(`select count(*) from signing_keys where retired_at is null`); n != 1 {
		t.Errorf("%d keys sign", n)
	}
}
