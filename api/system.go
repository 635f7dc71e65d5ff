package api

import (
	"context"
	"sync"

	"github.com/gofiber/fiber/v2"

	"homefront/services"
)

// Health is what the probes answer.
type Health struct {
	Status  string `json:"status" enum:"ok,starting,stopping,unavailable" example:"ok"`
	Version string `json:"version" example:"0.1.0"`
}

// system declares what belongs to no domain. These paths carry no version.
func (s *Server) system(r *router) {
	get(r, "/livez", livezOp, services.CanReadPublic, func(context.Context, *struct{}) (*Health, error) {
		return &Health{"ok", s.settings.Version}, nil
	})
	get(r, "/readyz", readyzOp, services.CanReadPublic, func(ctx context.Context, _ *struct{}) (*Health, error) {
		if s.draining.Load() {
			return nil, services.Unavailable("stopping", "This server is stopping.")
		}
		if err := s.Core.Ready(ctx, s.settings.Migration); err != nil {
			return nil, services.Unavailable("not_ready", "The database is out of reach or not migrated.")
		}
		return &Health{"ok", s.settings.Version}, nil
	})
	spec := sync.OnceValues(s.Spec)
	get(r, "/openapi.yaml", specYAMLOp, services.CanReadPublic, func(context.Context, *struct{}) (File, error) {
		b, err := spec()
		return File{ContentType: "application/yaml", Bytes: b}, err
	})
	specJSON := sync.OnceValues(r.api.OpenAPI().MarshalJSON)
	get(r, "/openapi.json", specJSONOp, services.CanReadPublic, func(context.Context, *struct{}) (File, error) {
		b, err := specJSON()
		return File{ContentType: "application/openapi+json", Bytes: b}, err
	})
	s.docs()
}

// docs serves the reference page; it loads nothing from elsewhere.
func (s *Server) docs() {
	s.App.Get("/docs", func(c *fiber.Ctx) error {
		c.Set(fiber.HeaderContentType, "text/html; charset=utf-8")
		c.Set(fiber.HeaderContentSecurityPolicy, "default-src 'self'; style-src 'self' 'unsafe-inline'; script-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; frame-ancestors 'none'")
		return c.SendString(docsPage)
	})
	s.App.Get("/docs/reference.js", func(c *fiber.Ctx) error {
		c.Set(fiber.HeaderContentType, "text/javascript; charset=utf-8")
		c.Set(fiber.HeaderContentEncoding, "gzip")
		c.Set(fiber.HeaderCacheControl, "public, max-age=86400")
		return c.Send(docsScript)
	})
}
