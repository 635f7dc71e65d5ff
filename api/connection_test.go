package api

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// listen serves s on a loopback port and answers its address.
func listen(t *testing.T, s *Server) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = s.App.Listener(l) }()
	t.Cleanup(func() { _ = s.App.Shutdown() })
	return l.Addr().String()
}

// raw sends bytes as they are and reads one answer.
func raw(t *testing.T, addr, request string) (*http.Response, string) {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	_ = c.SetDeadline(time.Now().Add(10 * time.Second))
	go func() { _, _ = io.WriteString(c, request) }()
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatalf("%.60q: %v", request, err)
	}
	defer func() { _ = res.Body.Close() }()
	body, _ := io.ReadAll(res.Body)
	return res, string(body)
}

func TestFraming(t *testing.T) {
	addr := listen(t, shell(t))
	head := "POST /v1/echoes HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer token-member\r\nContent-Type: application/json\r\n"
	for name, c := range map[string]struct {
		request string
		status  int
	}{
		"as it should be":     {head + "Content-Length: 12\r\n\r\n{\"note\":\"a\"}", 201},
		"10 MB":               {head + "Content-Length: 10485760\r\n\r\n" + strings.Repeat("a", 2<<20), 413},
		"large headers":       {"GET /livez HTTP/1.1\r\nHost: x\r\nX-Large: " + strings.Repeat("a", 20<<10) + "\r\n\r\n", 431},
		"two lengths":         {head + "Content-Length: 12\r\nContent-Length: 5\r\n\r\n{\"note\":\"a\"}", 400},
		"two hosts":           {"GET /livez HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400},
		"two authorizations":  {"GET /v1/polled HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer token-member\r\nAuthorization: Bearer token-admin\r\n\r\n", 401},
		"no host":             {"GET /livez HTTP/1.1\r\n\r\n", 400},
		"space before colon":  {"GET /livez HTTP/1.1\r\nHost : x\r\n\r\n", 400},
		"not HTTP":            {"\x00\x01\x02\r\n\r\n", 400},
		"NUL in a header":     {"GET /livez HTTP/1.1\r\nHost: x\r\nX-A: a\x00b\r\n\r\n", 400},
		"unknown method":      {"BREW /livez HTTP/1.1\r\nHost: x\r\n\r\n", 405},
		"trace":               {"TRACE /livez HTTP/1.1\r\nHost: x\r\n\r\n", 405},
		"negative length":     {head + "Content-Length: -1\r\n\r\n", 400},
		"million dots":        {"GET /v1/polled HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + strings.Repeat(".", 10<<10) + "\r\n\r\n", 401},
		"encoded path":        {"GET /v1/%70olled HTTP/1.1\r\nHost: x\r\n\r\n", 404},
		"dots in the path":    {"GET /v1/../livez HTTP/1.1\r\nHost: x\r\n\r\n", 404},
		"absolute form":       {"GET http://evil.example/livez HTTP/1.1\r\nHost: x\r\n\r\n", 200},
		"token in the query":  {"GET /v1/polled?access_token=token-member HTTP/1.1\r\nHost: x\r\n\r\n", 401},
		"method in a header":  {"GET /v1/polled HTTP/1.1\r\nHost: x\r\nX-HTTP-Method-Override: POST\r\nAuthorization: Bearer token-member\r\n\r\n", 200},
		"forwarded by nobody": {"GET /livez HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 192.0.2.1\r\n\r\n", 200},
	} {
		t.Run(name, func(t *testing.T) {
			res, body := raw(t, addr, c.request)
			if res.StatusCode != c.status {
				t.Fatalf("%d %s, want %d", res.StatusCode, body, c.status)
			}
			if c.status < 400 {
				return
			}
			var p Problem
			if err := json.Unmarshal([]byte(body), &p); err != nil || p.Status != c.status || p.RequestID == "" || res.Header.Get("Content-Type") != "application/problem+json" {
				t.Errorf("%q as %s is no problem+json", body, res.Header.Get("Content-Type"))
			}
		})
	}
}

func TestConnectionSurvivesAPost(t *testing.T) {
	addr := listen(t, shell(t))
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	_ = c.SetDeadline(time.Now().Add(10 * time.Second))
	r := bufio.NewReader(c)
	for i := range 5 {
		body := fmt.Sprintf(`{"note":"n%d"}`, i)
		_, _ = fmt.Fprintf(c, "POST /v1/echoes HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer token-member\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
		res, err := http.ReadResponse(r, nil)
		if err != nil {
			t.Fatalf("request %d on the same connection: %v", i, err)
		}
		got, _ := io.ReadAll(res.Body)
		if want := fmt.Sprintf(`{"note":"n%d","count":0,"deep":null}`, i); string(got) != want {
			t.Errorf("request %d answered %s, want %s", i, got, want)
		}
	}
}
