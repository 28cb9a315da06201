package azure

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/compute/armcompute/v8"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
)

var _ providers.ConsoleReader = (*Driver)(nil)

const (
	maxConsole   = 256 << 10 // what is returned: the end
	maxBlob      = 16 << 20  // what is read
	blobValidFor = 5         // minutes
)

// Console implements providers.ConsoleReader with the serial log that Azure
// keeps where boot diagnostics are on, as they are on our machines.
func (d *Driver) Console(ctx context.Context, id cluster.ID, instance cluster.InstanceID) ([]byte, error) {
	if err := requireID("read console", id); err != nil {
		return nil, err
	}
	name, _, _ := strings.Cut(string(instance), "/")
	found, err := d.api.vms.RetrieveBootDiagnosticsData(ctx, d.resourceGroup(id), name,
		&armcompute.VirtualMachinesClientRetrieveBootDiagnosticsDataOptions{SasURIExpirationTimeInMinutes: new(int32(blobValidFor))})
	if err != nil {
		if !missing(err) && d.ErrorKind(err) == providers.Conflict { // no host yet, so no log
			return nil, nil
		}
		return nil, fail(ctx, "read console of "+name, "", err)
	}
	if val(found.SerialConsoleLogBlobURI) == "" {
		return nil, nil
	}
	out, err := d.blob(ctx, *found.SerialConsoleLogBlobURI)
	return out, fail(ctx, "read console of "+name, "", err)
}

// blob reads the end of a blob whose address carries its permission: the
// address never gets into an error.
func (d *Driver) blob(ctx context.Context, address string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return nil, errors.New("the address of the log is none")
	}
	answer, err := d.web.Do(req)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, &providers.Error{Op: "read console", Kind: providers.Transient, Err: fmt.Errorf("the storage at %s does not answer", req.URL.Host)}
	}
	defer answer.Body.Close()
	switch {
	case answer.StatusCode == http.StatusNotFound: // nothing was written yet
		return nil, nil
	case answer.StatusCode != http.StatusOK:
		return nil, &cloudError{Status: answer.StatusCode, Message: "the storage of the console's log refuses"}
	}
	data, err := io.ReadAll(io.LimitReader(answer.Body, maxBlob))
	if err != nil {
		return nil, err
	}
	return data[max(0, len(data)-maxConsole):], nil
}
