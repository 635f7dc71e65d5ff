package smtp

import (
	"bytes"
	"html/template"
)

// The pages load nothing: what a mail refers to elsewhere stays unloaded, in the frame too, which inherits the policy.
// The frame runs no script (sandbox); its links open in a tab of their own, so that those in a mail can be followed.
const pageHead = `{{define "head"}}<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'">
<title>{{.}}</title>
<style>
body { font: 1rem/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 60rem; padding: 1rem; color: #1b1b1b; background: #fff }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; padding: .4rem .6rem; border-bottom: 1px solid #767676; vertical-align: top; overflow-wrap: anywhere }
dt { font-weight: 600 } dd { margin: 0 0 .4rem; overflow-wrap: anywhere }
pre { white-space: pre-wrap; overflow-wrap: anywhere; border: 1px solid #767676; padding: .8rem }
iframe { width: 100%; height: 32rem; border: 1px solid #767676 }
a { color: #0b4f9c } a:focus-visible, pre:focus-visible { outline: 3px solid #0b4f9c }
</style>
</head>
{{end}}`

var listPage = template.Must(template.New("list").Parse(pageHead + `{{template "head" "Caught mail"}}<body>
<main>
<h1>Caught mail</h1>
{{if .}}<p>{{len .}} {{if eq (len .) 1}}mail{{else}}mails{{end}}, newest first. Nothing here has left this machine.</p>
<table>
<thead><tr><th scope="col">Subject</th><th scope="col">To</th><th scope="col">Sent (UTC)</th></tr></thead>
<tbody>
{{range .}}<tr><th scope="row"><a href="/dev/mail/{{.ID}}">{{or .Subject "(no subject)"}}</a></th><td>{{range $i, $to := .To}}{{if $i}}, {{end}}{{$to}}{{end}}</td><td>{{.Date.Format "2006-01-02 15:04:05"}}</td></tr>
{{end}}</tbody>
</table>
{{else}}<p>No mail yet.</p>
{{end}}</main>
</body>
</html>
`))

var mailPage = template.Must(template.New("mail").Parse(pageHead + `{{template "head" .Subject}}<body>
<main>
<p><a href="/dev/mail">All mail</a></p>
<h1>{{or .Subject "(no subject)"}}</h1>
<dl>
<dt>From</dt><dd>{{.From}}</dd>
<dt>To</dt><dd>{{range $i, $to := .To}}{{if $i}}, {{end}}{{$to}}{{end}}</dd>
<dt>Sent (UTC)</dt><dd>{{.Date.Format "2006-01-02 15:04:05"}}</dd>
</dl>
{{if .HTML}}<h2>Message</h2>
<iframe title="The message as HTML" sandbox="allow-popups allow-popups-to-escape-sandbox" referrerpolicy="no-referrer" srcdoc="{{.Framed}}"></iframe>
{{end}}{{if .Text}}<h2>Text</h2>
<pre tabindex="0">{{.Text}}</pre>
{{end}}{{if .ICS}}<h2>Calendar</h2>
<pre tabindex="0">{{.ICS}}</pre>
{{end}}<h2>Source</h2>
<pre tabindex="0">{{.Source}}</pre>
</main>
</body>
</html>
`))

// HTML is the list of what was caught, for /dev/mail.
func (s *Sink) HTML() []byte { return render(listPage, s.Mails()) }

// MailHTML is one mail, for /dev/mail/{id}.
func (s *Sink) MailHTML(id string) ([]byte, bool) {
	m, ok := s.Mail(id)
	if !ok {
		return nil, false
	}
	return render(mailPage, m), true
}

// Framed is the HTML with links that open in a new tab: inside the frame they would lead nowhere.
func (m CaughtMail) Framed() string { return `<base target="_blank">` + m.HTML }

// Source is the message as it was sent.
func (m CaughtMail) Source() string { return validText(m.Raw) }

func render(page *template.Template, data any) []byte {
	var out bytes.Buffer
	if err := page.Execute(&out, data); err != nil {
		panic(err) // the templates are constants and write to memory
	}
	return out.Bytes()
}
