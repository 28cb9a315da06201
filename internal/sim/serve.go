package sim

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"
)

// endOfServe is how long requests in flight may take to end when a server
// closes; those that hang on purpose end at once.
const endOfServe = 5 * time.Second

// Serve answers requests at addr ("127.0.0.1:0" is any free port) until the
// function that it returns is called, which ends all requests and waits for
// them. The url has no slash at its end.
func Serve(h http.Handler, addr string) (url string, closeServer func() error, err error) {
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return "", nil, fmt.Errorf("serve simulated cloud: %w", err)
	}
	base, cancel := context.WithCancel(context.Background())
	server := &http.Server{
		Handler:           h,
		BaseContext:       func(net.Listener) context.Context { return base },
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       time.Minute,
		IdleTimeout:       2 * time.Minute,
		// No limit to the answer: a fault may hold it back for minutes.
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	closeServer = func() error {
		cancel()
		ctx, release := context.WithTimeout(context.Background(), endOfServe)
		defer release()
		err := server.Shutdown(ctx)
		if err != nil {
			err = errors.Join(err, server.Close())
		}
		if failed := <-ended; !errors.Is(failed, http.ErrServerClosed) {
			err = errors.Join(err, failed)
		}
		ended <- http.ErrServerClosed // for another call
		if err != nil {
			return fmt.Errorf("close simulated cloud: %w", err)
		}
		return nil
	}
	return "http://" + listener.Addr().String(), closeServer, nil
}
