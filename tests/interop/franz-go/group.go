// A group of franz-go's own: two members share a topic, one leaves, the other has all; and the group as kadm sees it.
package main

import (
	"context"
	"errors"
	"fmt"
	"sort"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// A member, and the partitions that it owns.
type member struct {
	*kgo.Client
	lock  sync.Mutex
	owned map[int32]bool
	done  chan struct{}
}

func join(group string, options ...kgo.Opt) *member {
	made := &member{owned: map[int32]bool{}, done: make(chan struct{})}
	change := func(owns bool) func(context.Context, *kgo.Client, map[string][]int32) {
		return func(_ context.Context, _ *kgo.Client, changed map[string][]int32) {
			made.lock.Lock()
			defer made.lock.Unlock()
			for _, partition := range changed["ours-none"] {
				if owns {
					made.owned[partition] = true
				} else {
					delete(made.owned, partition)
				}
			}
		}
	}
	made.Client = client(append(options, kgo.ConsumerGroup(group), kgo.ConsumeTopics("ours-none"), kgo.DisableAutoCommit(),
		kgo.HeartbeatInterval(200*time.Millisecond), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.OnPartitionsAssigned(change(true)), kgo.OnPartitionsRevoked(change(false)), kgo.OnPartitionsLost(change(false)))...)
	go func() {
		defer close(made.done)
		for !made.PollFetches(context.Background()).IsClientClosed() {
		}
	}()
	return made
}

func (m *member) leave() {
	m.Close()
	<-m.done
}

// own waits until the members own so many partitions each, in order of size.
func own(ctx context.Context, wanted string, members ...*member) error {
	for {
		var counts []int
		for _, one := range members {
			one.lock.Lock()
			counts = append(counts, len(one.owned))
			one.lock.Unlock()
		}
		sort.Ints(counts)
		if fmt.Sprint(counts) == wanted {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("they own %v, not %v", counts, wanted)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func groups(admin *kadm.Client, group string, options ...kgo.Opt) func(context.Context) error {
	return func(ctx context.Context) error {
		one, two := join(group, options...), join(group, options...)
		shared := own(ctx, "[1 2]", one, two)
		listed, err := admin.ListGroups(ctx)
		all := errors.Join(shared, err, same("Stable", listed[group].State))
		two.leave()
		all = errors.Join(all, own(ctx, "[3]", one))
		var commit kadm.Offsets
		for partition := int32(0); partition < 3; partition++ {
			commit.AddOffset("ours-none", partition, int64(3+partition), -1)
		}
		one.CommitOffsetsSync(ctx, map[string]map[int32]kgo.EpochOffset{"ours-none": {
			0: {Epoch: -1, Offset: 3}, 1: {Epoch: -1, Offset: 4}, 2: {Epoch: -1, Offset: 5}}}, nil)
		refused := admin.CommitAllOffsets(ctx, group, commit)
		one.leave()
		fetched, err := admin.FetchOffsets(ctx, group)
		at := fetched.Offsets()["ours-none"]
		all = errors.Join(all, err, same("3 4 5", fmt.Sprint(at[0].At, at[1].At, at[2].At)))
		if refused == nil {
			all = errors.Join(all, errors.New("a stranger committed for a group with members"))
		}
		commit.AddOffset("ours-none", 1, 9, -1)
		all = errors.Join(all, admin.CommitAllOffsets(ctx, group, commit))
		fetched, err = admin.FetchOffsets(ctx, group)
		_, gone := admin.DeleteGroup(ctx, group)
		_, again := admin.DeleteGroup(ctx, group)
		return errors.Join(all, err, same(9, fetched.Offsets()["ours-none"][1].At), gone, failsWith(kerr.GroupIDNotFound, again))
	}
}
