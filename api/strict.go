package api

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"homefront/services"
)

// maxDepth of a JSON body. Ours need five.
const maxDepth = 32

// readable refuses what no later check would see: NUL and bad UTF-8 anywhere (PostgreSQL would answer 22021), encoded
// bodies (Fiber would unpack them without limit), other media types, and JSON that two parsers could read differently.
func readable(c *fiber.Ctx, takesBody bool, o op) *Problem {
	uri := c.Request().URI()
	if !clean(uri.Path()) || !clean(uri.QueryArgs().QueryString()) || badEscapes(c) {
		return unreadable("bad_text", "query", "Paths and queries must be valid UTF-8 without NUL.")
	}
	if len(c.Request().Header.Peek(fiber.HeaderContentEncoding)) > 0 {
		return newProblem(http.StatusUnsupportedMediaType, "unsupported_media_type", "Send the body as it is: no Content-Encoding is taken.")
	}
	if o.Upload != nil {
		return readableFile(c, o)
	}
	body := c.BodyRaw()
	if len(body) == 0 {
		return nil
	}
	kind, params, err := mime.ParseMediaType(c.Get(fiber.HeaderContentType))
	json := kind == "application/json" || kind == "application/merge-patch+json"
	utf8 := params["charset"] == "" || strings.EqualFold(params["charset"], "utf-8")
	if err != nil || !json || !utf8 {
		return newProblem(http.StatusUnsupportedMediaType, "unsupported_media_type", "Send JSON, with Content-Type: application/json.")
	}
	if p := scan(body); p != nil {
		return p
	}
	if !takesBody && !bytes.Equal(bytes.TrimSpace(body), []byte("{}")) {
		return unreadable("unknown_field", "", "This operation takes no body.")
	}
	return nil
}

// badEscapes looks at what %xx in the query decodes to.
func badEscapes(c *fiber.Ctx) bool {
	for k, v := range c.Context().QueryArgs().All() {
		if !clean(k) || !clean(v) {
			return true
		}
	}
	return false
}

func clean(b []byte) bool { return utf8.Valid(b) && bytes.IndexByte(b, 0) < 0 }

// scan reads the body as RFC 8259 and I-JSON (RFC 7493) would have it: one value, no duplicate names, no lone
// surrogates, not deeper than maxDepth; and no id that is none.
func scan(body []byte) *Problem {
	d := jsontext.NewDecoder(bytes.NewReader(body))
	for {
		token, err := d.ReadToken()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return unreadableJSON(err)
		}
		if d.StackDepth() > maxDepth {
			return unreadable("too_deep", string(d.StackPointer()), "The body is nested too deeply.")
		}
		if token.Kind() == '"' {
			if p := readableText(d, token.String()); p != nil {
				return p
			}
		}
		if d.StackDepth() == 0 {
			if _, err := d.ReadToken(); !errors.Is(err, io.EOF) {
				return unreadable("bad_json", "", "The body must be one JSON value and nothing else.")
			}
			return nil
		}
	}
}

// readableText looks at the text of a body that was read last. An id of zeros is nobody's: who sends it as one that they made has made
// none, and the next such client would meet what this one stored.
func readableText(d *jsontext.Decoder, text string) *Problem {
	if strings.ContainsRune(text, 0) {
		return unreadable("bad_text", string(d.StackPointer()), "Text must not hold NUL.")
	}
	if id, err := uuid.Parse(text); err != nil || id != uuid.Nil {
		return nil
	}
	at := d.StackPointer()
	if name := at.LastToken(); name != "id" && !strings.HasSuffix(name, "_id") {
		return nil
	}
	return problemOf(services.InvalidField(string(at), "bad_format", "An id of zeros is nobody's. Make a new one (UUIDv7), or leave it out."))
}

func unreadableJSON(err error) *Problem {
	var syntax *jsontext.SyntacticError
	field := ""
	if errors.As(err, &syntax) {
		field = string(syntax.JSONPointer)
	}
	if errors.Is(err, jsontext.ErrDuplicateName) {
		return unreadable("duplicate_field", field, "The same name stands twice in one object.")
	}
	return unreadable("bad_json", field, "The body is not valid JSON.")
}

func unreadable(code services.Code, field, message string) *Problem {
	p := newProblem(http.StatusBadRequest, "unreadable", "The request cannot be read.")
	p.Errors = []services.FieldError{{Field: field, Code: code, Message: message}}
	return p
}
