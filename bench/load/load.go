// Package load makes HTTP requests over connections that are kept alive, as fast as they are answered, with as little
// work of its own as it can: it shares the machine with what it measures.
package load

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"sync"
	"time"
)

// Request is a whole request as it goes over the wire.
type Request []byte

// Get makes a GET request.
func Get(path, token string, headers ...string) Request {
	return request("GET", path, token, nil, headers)
}

// Post makes a POST request with a JSON body.
func Post(path, token string, body []byte, headers ...string) Request {
	return request("POST", path, token, body, headers)
}

// Put makes a PUT request with a JSON body.
func Put(path, token string, body []byte, headers ...string) Request {
	return request("PUT", path, token, body, headers)
}

func request(method, path, token string, body []byte, headers []string) Request {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: bench.homefront.example\r\n", method, path)
	if token != "" {
		fmt.Fprintf(&b, "Authorization: Bearer %s\r\n", token)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		fmt.Fprintf(&b, "%s: %s\r\n", headers[i], headers[i+1])
	}
	if body != nil {
		fmt.Fprintf(&b, "Content-Type: application/json\r\nContent-Length: %d\r\n", len(body))
	}
	b.WriteString("\r\n")
	b.Write(body)
	return b.Bytes()
}

// Answer is what came back.
type Answer struct {
	Status int
	Header []string // lines as they came
	Body   []byte
}

// Client is one connection.
type Client struct {
	conn net.Conn
	r    *bufio.Reader
	addr string
}

// Dial connects. The connection is made again when the server closes it between two requests.
func Dial(addr string) (*Client, error) {
	conn, err := net.DialTimeout("tcp", addr, 5*time.Second)
	if err != nil {
		return nil, err
	}
	return &Client{conn: conn, r: bufio.NewReaderSize(conn, 64<<10), addr: addr}, nil
}

// Close ends the connection.
func (c *Client) Close() { _ = c.conn.Close() }

const answerWithin = 20 * time.Second

// Do sends a request and keeps the answer.
func (c *Client) Do(q Request) (Answer, error) {
	var a Answer
	status, err := c.send(q, &a)
	a.Status = status
	return a, err
}

// Status sends a request and forgets all of the answer but its status.
func (c *Client) Status(q Request) (int, error) { return c.send(q, nil) }

func (c *Client) send(q Request, keep *Answer) (status int, err error) {
	if err = c.conn.SetDeadline(time.Now().Add(answerWithin)); err != nil {
		return 0, err
	}
	if _, err = c.conn.Write(q); err != nil {
		return 0, err
	}
	length := -1
	for line := 0; ; line++ {
		text, err := c.r.ReadSlice('\n')
		if err != nil {
			return 0, err
		}
		text = bytes.TrimRight(text, "\r\n")
		switch {
		case line == 0:
			if len(text) < 12 {
				return 0, fmt.Errorf("no status line: %q", text)
			}
			status, err = strconv.Atoi(string(text[9:12]))
			if err != nil {
				return 0, err
			}
			continue
		case len(text) == 0:
			return status, c.body(length, keep)
		}
		if n, ok := contentLength(text); ok {
			length = n
		}
		if keep != nil {
			keep.Header = append(keep.Header, string(text))
		}
	}
}

func contentLength(line []byte) (int, bool) {
	const name = "content-length: "
	if len(line) <= len(name) || !bytes.EqualFold(line[:len(name)], []byte(name)) {
		return 0, false
	}
	n, err := strconv.Atoi(string(line[len(name):]))
	return n, err == nil
}

func (c *Client) body(length int, keep *Answer) error {
	if length < 0 {
		return errors.New("the answer has no Content-Length")
	}
	if keep == nil {
		_, err := c.r.Discard(length)
		return err
	}
	keep.Body = make([]byte, length)
	_, err := io.ReadFull(c.r, keep.Body)
	return err
}

// Result is what one run of load measured.
type Result struct {
	Took     time.Duration
	Statuses map[int]int
	Latency  []time.Duration // sorted
	Err      error           // the first of a connection, which ended it
}

// Requests counts the answers.
func (r *Result) Requests() int { return len(r.Latency) }

// PerSecond is the throughput.
func (r *Result) PerSecond() float64 { return float64(len(r.Latency)) / r.Took.Seconds() }

// Quantile answers the latency that a share q of the answers stayed within.
func (r *Result) Quantile(q float64) time.Duration {
	if len(r.Latency) == 0 {
		return 0
	}
	return r.Latency[min(int(q*float64(len(r.Latency))), len(r.Latency)-1)]
}

// Run sends requests on conns connections until ctx ends. next makes the request for a connection; it is called from
// many goroutines at once. A pause, when there is one, comes after each answer.
func Run(ctx context.Context, addrs []string, conns int, pause time.Duration, next func(conn int) Request) *Result {
	type one struct {
		latency  []time.Duration
		statuses map[int]int
		err      error
	}
	clients := make([]*Client, conns)
	for i := range clients {
		c, err := Dial(addrs[i%len(addrs)])
		if err != nil {
			return &Result{Err: err, Statuses: map[int]int{}}
		}
		defer c.Close()
		clients[i] = c
	}
	parts := make([]one, conns)
	started := time.Now()
	var wait sync.WaitGroup
	for i, c := range clients {
		wait.Go(func() {
			p := &parts[i]
			p.statuses, p.latency = map[int]int{}, make([]time.Duration, 0, 4096)
			for ctx.Err() == nil {
				q := next(i)
				if q == nil {
					return
				}
				at := time.Now()
				status, err := c.Status(q)
				if err != nil {
					p.err = err
					return
				}
				p.latency = append(p.latency, time.Since(at))
				p.statuses[status]++
				if pause > 0 {
					time.Sleep(pause)
				}
			}
		})
	}
	wait.Wait()
	out := &Result{Took: time.Since(started), Statuses: map[int]int{}}
	for i := range parts {
		out.Latency = append(out.Latency, parts[i].latency...)
		for status, n := range parts[i].statuses {
			out.Statuses[status] += n
		}
		out.Err = errors.Join(out.Err, parts[i].err)
	}
	slices.Sort(out.Latency)
	return out
}
