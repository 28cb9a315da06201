package qemu

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"time"
)

// qmpTime bounds one exchange with a monitor, which answers one client after
// the other.
const qmpTime = 20 * time.Second

// call has the monitor of the process carry out one command (the QEMU Machine
// Protocol).
func (p process) call(ctx context.Context, command string, arguments any) error {
	m, err := p.monitor(ctx)
	if err != nil {
		return err
	}
	defer m.conn.Close()
	stop := context.AfterFunc(ctx, func() { _ = m.conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	return m.call(command, arguments)
}

// monitor is a connection to a monitor, ready for commands.
type monitor struct {
	conn net.Conn
	in   *bufio.Reader
}

func (p process) monitor(ctx context.Context) (*monitor, error) {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "unix", p.path("qmp"))
	if err != nil {
		return nil, err
	}
	m := &monitor{conn: conn, in: bufio.NewReader(conn)}
	_ = conn.SetDeadline(time.Now().Add(qmpTime))
	if _, err = m.in.ReadBytes('\n'); err == nil { // its greeting
		err = m.call("qmp_capabilities", nil)
	}
	if err != nil {
		conn.Close()
		return nil, err
	}
	return m, nil
}

// qmpError is a refusal of a monitor.
type qmpError struct {
	command     string
	Class, Desc string
}

// Error implements error.
func (e *qmpError) Error() string { return fmt.Sprintf("%s: %s", e.command, e.Desc) }

func (m *monitor) call(command string, arguments any) error {
	request := map[string]any{"execute": command}
	if arguments != nil {
		request["arguments"] = arguments
	}
	if err := json.NewEncoder(m.conn).Encode(request); err != nil {
		return fmt.Errorf("%s: %w", command, err)
	}
	for {
		line, err := m.in.ReadBytes('\n')
		if err != nil {
			return fmt.Errorf("%s: %w", command, err)
		}
		var answer struct {
			Error *qmpError
			Event string
		}
		switch err := json.Unmarshal(line, &answer); {
		case err != nil:
			return fmt.Errorf("%s: %w", command, err)
		case answer.Event != "": // of somebody else's making
		case answer.Error != nil:
			answer.Error.command = command
			return answer.Error
		default:
			return nil
		}
	}
}
