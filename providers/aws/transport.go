package aws

import (
	"io"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
)

// idleConns is how many connections to one service are kept: a client may have
// many batches on their way.
const idleConns = 32

// httpClient is the SDK's own, with a limit to its patience.
func httpClient(timeout time.Duration) *awshttp.BuildableClient {
	return awshttp.NewBuildableClient().WithTimeout(timeout).WithTransportOptions(func(t *http.Transport) {
		t.MaxIdleConnsPerHost = idleConns
		t.OnProxyConnectResponse = throughProxy
	})
}

// plainBodies hides from net/http that bodies of requests can write
// themselves. The SDK closes a body as soon as the answer begins; one that is
// then asked to write itself once more, as net/http does at the end of every
// request, fails (smithy-go 1.28), and net/http closes the connection while the
// answer is being read. Reading from it gives the end, as it should.
type plainBodies struct{ client aws.HTTPClient }

// Do implements aws.HTTPClient.
func (p plainBodies) Do(req *http.Request) (*http.Response, error) {
	if req.Body != nil && req.Body != http.NoBody {
		req.Body = struct{ io.ReadCloser }{req.Body}
	}
	return p.client.Do(req)
}
