package remotetest

import (
	"context"
	"errors"
	"io"
	"os/exec"
	"sync"
	"syscall"

	"golang.org/x/crypto/ssh"
)

// session serves one session channel: exec or shell runs the handler, other
// requests are observed.
func (s *Server) session(ctx context.Context, request ssh.NewChannel) {
	channel, requests, err := request.Accept()
	if err != nil {
		return
	}
	ctx, cancel := context.WithCancel(ctx)
	signals := make(chan string, 8)
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel()
	for r := range requests {
		seen, ok := parse(r)
		ok = ok && (seen.Kind != "sftp" || s.options.Files != nil)
		if !ok {
			seen.Kind = ""
		}
		if ok && s.options.Observe != nil {
			s.options.Observe(seen)
		}
		_ = r.Reply(ok, nil)
		switch seen.Kind {
		case "sftp":
			running.Go(func() { s.serveFiles(ctx, channel) })
		case "exec", "shell":
			s.sessions.Add(1)
			running.Go(func() { s.run(ctx, channel, seen.Command, signals) })
		case "signal":
			select {
			case signals <- seen.Signal:
			default: // as with real signals, too many at once are one
			}
		}
	}
}

func parse(r *ssh.Request) (Request, bool) {
	var out Request
	var err error
	switch r.Type {
	case "exec":
		var m struct{ Command string }
		err = ssh.Unmarshal(r.Payload, &m)
		out = Request{Kind: "exec", Command: m.Command}
	case "shell":
		out = Request{Kind: "shell"}
	case "subsystem":
		var m struct{ Name string }
		err = ssh.Unmarshal(r.Payload, &m)
		out = Request{Kind: m.Name}
	case "pty-req":
		var m struct {
			Term                        string
			Columns, Rows, Width, Hight uint32
			Modes                       string
		}
		err = ssh.Unmarshal(r.Payload, &m)
		out = Request{Kind: "pty", Term: m.Term, Columns: int(m.Columns), Rows: int(m.Rows)}
	case "window-change":
		var m struct{ Columns, Rows, Width, Hight uint32 }
		err = ssh.Unmarshal(r.Payload, &m)
		out = Request{Kind: "window", Columns: int(m.Columns), Rows: int(m.Rows)}
	case "signal":
		var m struct{ Signal string }
		err = ssh.Unmarshal(r.Payload, &m)
		out = Request{Kind: "signal", Signal: m.Signal}
	default:
		return Request{}, false
	}
	return out, err == nil
}

// run executes one command and reports its end as sshd does.
func (s *Server) run(ctx context.Context, channel ssh.Channel, command string, signals <-chan string) {
	defer func() { _ = channel.Close() }()
	if s.options.Handler != nil {
		code := s.options.Handler(command, channel, channel, channel.Stderr())
		exit(channel, code)
		return
	}
	args := []string{}
	if command != "" {
		args = []string{"-c", command}
	}
	cmd := exec.CommandContext(ctx, "/bin/sh", args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	kill := func(sig syscall.Signal) error { return syscall.Kill(-cmd.Process.Pid, sig) }
	cmd.Cancel = func() error { return kill(syscall.SIGKILL) }
	cmd.Stdout, cmd.Stderr = channel, channel.Stderr()
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return
	}
	if err := cmd.Start(); err != nil {
		exit(channel, 127)
		return
	}
	go func() { // ends with the channel
		_, _ = io.Copy(stdin, channel)
		_ = stdin.Close()
	}()
	ended := make(chan struct{})
	go func() {
		for {
			select {
			case name := <-signals:
				_ = kill(signalNumbers()[name])
			case <-ended:
				return
			}
		}
	}()
	err = cmd.Wait()
	close(ended)
	finish(channel, err)
}

// finish reports how a local command ended.
func finish(channel ssh.Channel, err error) {
	if failed, ok := errors.AsType[*exec.ExitError](err); ok {
		if status, ok := failed.Sys().(syscall.WaitStatus); ok && status.Signaled() {
			for name, number := range signalNumbers() {
				if number == status.Signal() {
					exitSignal(channel, name)
					return
				}
			}
		}
		exit(channel, failed.ExitCode())
		return
	}
	if err != nil { // its output could not be delivered
		exit(channel, 255)
		return
	}
	exit(channel, 0)
}

func exit(channel ssh.Channel, code int) {
	_ = channel.CloseWrite()
	_, _ = channel.SendRequest("exit-status", false, ssh.Marshal(struct{ Code uint32 }{uint32(code)}))
}

func exitSignal(channel ssh.Channel, name string) {
	_ = channel.CloseWrite()
	_, _ = channel.SendRequest("exit-signal", false, ssh.Marshal(struct {
		Name    string
		Core    bool
		Message string
		Lang    string
	}{Name: name}))
}

func signalNumbers() map[string]syscall.Signal {
	return map[string]syscall.Signal{
		"HUP": syscall.SIGHUP, "INT": syscall.SIGINT, "QUIT": syscall.SIGQUIT,
		"KILL": syscall.SIGKILL, "TERM": syscall.SIGTERM, "USR1": syscall.SIGUSR1,
	}
}

// forward serves a jump: it joins the channel to a connection of its own.
func (s *Server) forward(ctx context.Context, request ssh.NewChannel) {
	var m struct {
		Host       string
		Port       uint32
		Origin     string
		OriginPort uint32
	}
	if err := ssh.Unmarshal(request.ExtraData(), &m); err != nil {
		_ = request.Reject(ssh.ConnectionFailed, "bad request")
		return
	}
	nc, err := s.dialOut(ctx, m.Host, m.Port)
	if err != nil {
		_ = request.Reject(ssh.ConnectionFailed, err.Error())
		return
	}
	defer func() { _ = nc.Close() }()
	channel, requests, err := request.Accept()
	if err != nil {
		return
	}
	s.forwards.Add(1)
	go ssh.DiscardRequests(requests)
	stop := context.AfterFunc(ctx, func() { _ = nc.Close() })
	defer stop()
	var both sync.WaitGroup
	both.Go(func() {
		_, _ = io.Copy(channel, nc)
		_ = channel.Close()
	})
	both.Go(func() {
		_, _ = io.Copy(nc, channel)
		if half, ok := nc.(interface{ CloseWrite() error }); ok {
			_ = half.CloseWrite() // the answer may still come
			return
		}
		_ = nc.Close()
	})
	both.Wait()
}
