package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/event"
	"github.com/ecluster/ecluster/internal/role"
	"github.com/ecluster/ecluster/internal/state"
	"github.com/ecluster/ecluster/providers"
)

// BakedImage is the image of one node group, with its install work done.
type BakedImage struct {
	Group cluster.GroupName `json:"group"`
	Image string            `json:"image"`
}

// bakeSuffix names the cluster that exists while images are baked.
const bakeSuffix = "-bake"

// Bake freezes the install phase of every node group into an image: it boots
// one node a group, runs only what knows no cluster, makes the images, and
// takes the nodes away again, also when it fails.
func (e *Engine) Bake(ctx context.Context, spec *cluster.Spec) (images []BakedImage, err error) {
	oven := *spec
	oven.Name = spec.Name + bakeSuffix
	oven.Scheduler = nil // nothing joins
	oven.Groups = slices.Clone(spec.Groups)
	for i := range oven.Groups {
		oven.Groups[i].Count, oven.Groups[i].MinCount = 1, 1
	}
	if _, err := e.store.Load(oven.Name); !errors.Is(err, state.ErrNotFound) {
		return nil, errors.Join(err, fmt.Errorf("bake: cluster %q exists from a bake that was cut off; take it away with 'ecluster stop %s'", oven.Name, oven.Name))
	}
	mine := false // until Start held the lock, it may be somebody else's
	defer func() {
		if !mine {
			return
		}
		stopCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Minute)
		defer cancel()
		if stopErr := e.Stop(stopCtx, oven.Name); !errors.Is(stopErr, state.ErrNotFound) {
			err = errors.Join(err, stopErr)
		}
	}()
	_, err = e.Start(ctx, &oven, StartOptions{phases: []role.Phase{role.Install}, From: "bake"})
	_, isLocked := errors.AsType[*state.LockedError](err)
	if mine = !isLocked; err != nil {
		return nil, err
	}
	return e.takeImages(ctx, spec, oven.Name)
}

// takeImages makes an image of each node of the oven.
func (e *Engine) takeImages(ctx context.Context, spec *cluster.Spec, oven cluster.Name) (_ []BakedImage, err error) {
	ctx, w, err := e.open(ctx, oven, "bake")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	baker, can := providers.Capability[providers.Baker](w.cloud)
	if !can {
		return nil, fmt.Errorf("bake: provider %q can't make images", spec.Provider.Kind)
	}
	st := w.session.Snapshot()
	var images []BakedImage
	for _, g := range spec.Groups {
		n := st.Nodes[cluster.NewNodeName(g.Name, 1)]
		task := "bake image of " + string(g.Name)
		started := time.Now()
		image, err := baker.Bake(ctx, providers.BakeRequest{
			ID: st.ID, Instance: n.Instance,
			Name:   fmt.Sprintf("%s-%s-%s", spec.Name, g.Name, installPrint(&g)),
			Labels: map[string]string{providers.TagName: string(spec.Name), providers.TagGroup: string(g.Name)},
			Progress: func(message string) {
				e.emit(event.TaskProgress{Task: task, Message: message, Elapsed: time.Since(started)})
			},
		})
		e.emit(event.TaskProgress{Task: task, Done: true, Elapsed: time.Since(started), Err: err})
		if err != nil {
			return images, fmt.Errorf("bake the image of group %q: %w", g.Name, err)
		}
		images = append(images, BakedImage{Group: g.Name, Image: image})
	}
	return images, nil
}

// installPrint tells images of different role sets apart.
func installPrint(g *cluster.Group) string {
	spec := cluster.Spec{Groups: []cluster.Group{{Roles: g.Roles}}}
	return state.HashSpec(&spec)[:8]
}

// SpecLines are the lines that make a spec use images, for people to copy.
func SpecLines(images []BakedImage) string {
	var b strings.Builder
	byGroup := map[cluster.GroupName]string{}
	for _, i := range images {
		byGroup[i.Group] = i.Image
	}
	for _, g := range slices.Sorted(maps.Keys(byGroup)) {
		fmt.Fprintf(&b, "  node_group %q {\n    image = %q\n  }\n", g, byGroup[g])
	}
	return b.String()
}
