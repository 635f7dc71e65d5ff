package kms_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"homefront/internal/kms"
)

// service speaks as much of AWS KMS as a key-encryption key needs: its "ciphertext" is the secret turned around, for one key alone.
func service(t *testing.T) (address string, asked *atomic.Int32) {
	t.Helper()
	asked = new(atomic.Int32)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		var in struct {
			KeyID          string `json:"KeyId"`
			Plaintext      []byte
			CiphertextBlob []byte
		}
		if !strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 ") || json.NewDecoder(r.Body).Decode(&in) != nil {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		switch _, what, _ := strings.Cut(r.Header.Get("X-Amz-Target"), "."); {
		case what == "Encrypt" && in.KeyID == "alias/homefront":
			_ = json.NewEncoder(w).Encode(map[string]string{"CiphertextBlob": base64.StdEncoding.EncodeToString(append([]byte("sealed:"), turned(in.Plaintext)...))})
		case what == "Decrypt" && bytes.HasPrefix(in.CiphertextBlob, []byte("sealed:")):
			_ = json.NewEncoder(w).Encode(map[string]string{"Plaintext": base64.StdEncoding.EncodeToString(turned(in.CiphertextBlob[len("sealed:"):]))})
		default:
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write([]byte(`{"__type":"InvalidCiphertextException"}`))
		}
	}))
	t.Cleanup(s.Close)
	for name, value := range map[string]string{"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "example", "AWS_ENDPOINT_URL_KMS": s.URL, "AWS_MAX_ATTEMPTS": "1",
		"AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null"} {
		t.Setenv(name, value)
	}
	return "awskms:///alias/homefront?region=us-east-1", asked
}

func turned(b []byte) []byte {
	out := make([]byte, len(b))
	for i := range b {
		out[len(b)-1-i] = b[i]
	}
	return out
}

func TestAKeyIsSealedAndOpenedByTheService(t *testing.T) {
	address, asked := service(t)
	key := []byte("0123456789abcdefghijklmnopqrstuv")
	sealed, err := kms.Seal(t.Context(), address, key)
	if err != nil || bytes.Contains(sealed, key) {
		t.Fatalf("%q, %v", sealed, err)
	}
	opened, err := kms.Open(t.Context(), address, sealed)
	if err != nil || !bytes.Equal(opened, key) {
		t.Errorf("%q, %v", opened, err)
	}
	if _, err := kms.Open(t.Context(), address, []byte("something else")); err == nil {
		t.Error("what the service did not seal opens")
	}
	if asked.Load() != 3 {
		t.Errorf("the service was asked %d times", asked.Load())
	}
}

func TestWhatIsNoAddressOfAKeyIsSaid(t *testing.T) {
	for _, address := range []string{"", "alias/homefront", "://", "vault://homefront"} {
		if err := kms.Check(address); err == nil {
			t.Errorf("%q passes", address)
		}
		if _, err := kms.Seal(t.Context(), address, []byte("x")); err == nil {
			t.Errorf("%q seals", address)
		}
	}
	if err := kms.Check("awskms:///alias/homefront?region=us-east-1"); err != nil {
		t.Error(err)
	}
}
