package online_test

import (
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"homefront/services"
	"homefront/services/online"
)

func TestATokenOpensOneRoomForItsHours(t *testing.T) {
	j := online.Jitsi{URL: "https://Meet.example.org", AppID: "homefront", Secret: "0123456789abcdef"}
	from := time.Date(2026, 12, 1, 22, 45, 0, 0, time.UTC)
	address, err := j.Enter("qx2m7", online.Guest{ID: "a", Name: "Lou", Moderator: true}, from, from.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	room, token, _ := strings.Cut(address, "?jwt=")
	if room != "https://Meet.example.org/qx2m7" {
		t.Errorf("%s", room)
	}
	var claims jwt.MapClaims
	_, err = jwt.NewParser(jwt.WithTimeFunc(func() time.Time { return from })).ParseWithClaims(token, &claims, func(*jwt.Token) (any, error) { return []byte(j.Secret), nil })
	if err != nil {
		t.Fatal(err)
	}
	user := claims["context"].(map[string]any)["user"].(map[string]any)
	if claims["room"] != "qx2m7" || claims["sub"] != "meet.example.org" || user["moderator"] != "true" || user["affiliation"] != "owner" || user["name"] != "Lou" {
		t.Errorf("%v", claims)
	}
	if _, err := jwt.NewParser(jwt.WithTimeFunc(func() time.Time { return from.Add(61 * time.Minute) })).Parse(token, func(*jwt.Token) (any, error) { return []byte(j.Secret), nil }); err == nil {
		t.Error("the token opens the room after its hours")
	}
}

func TestNamesOfRooms(t *testing.T) {
	k, err := services.NewKeys([]byte("0123456789abcdefghijklmnopqrstuv"))
	if err != nil {
		t.Fatal(err)
	}
	a, b := online.Unguessable(k, "jitsi-room", []byte("a")), online.Unguessable(k, "jitsi-room", []byte("b"))
	if a == b || len(a) != 26 || a != online.Unguessable(k, "jitsi-room", []byte("a")) || a == online.Unguessable(k, "jitsi-user", []byte("a")) {
		t.Errorf("%s %s", a, b)
	}
}

func TestANameIsOneLine(t *testing.T) {
	if got := online.ShownName("  Lou\u202e\n Ortega\x00 "); got != "Lou Ortega" {
		t.Errorf("%q", got)
	}
}
