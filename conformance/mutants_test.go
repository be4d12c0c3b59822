package conformance

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/collider-amqp/collider/conformance/internal/reference"
)

// mutant says which verdict a case gives on a server with a bug.
type mutant struct {
	id   string // of one or, as a prefix, several cases
	bug  reference.Bug
	want Outcome
}

// mutants has at least one wrong server for each case. Where the bug also keeps new connections from being served, the
// verdict is that of the life sign.
var mutants = []mutant{
	{"1.2-ulong-1@srv", reference.NoUlongDescriptor, Failed},
	{"1.2-list-1@srv", reference.NoList32, Failed},
	{"1.3.4-mandatory-1@srv:null", reference.NullContainerID, NonStrict},
	{"1.3.4-mandatory-1@srv:absent", reference.NullContainerID, NonStrict},
	{"1.3.4-mandatory-1@srv:null", reference.WrongCondition, NonStrict},
	{"1.3.6-default-2@srv", reference.NullMaxFrameSize, Failed},
	{"1.3.6-multiple-1@srv", reference.NoBareMultiple, Failed},
	{"1.5-descriptor-1@srv", reference.NoSymbolicDescriptors, Failed},
	{"1.5-descriptor-5@srv", reference.IgnoreUnknown, Info},

	{"2.2-header-1@srv", reference.WrongHeader, Hang},
	{"2.2-header-1@srv", reference.OctetBeforeHeader, Hang},
	{"2.2-header-4@srv:minor", reference.EchoHeader, Info},
	{"2.2-header-4@srv:minor", reference.RefuseSilently, Failed},
	{"2.2-header-4@srv:major", reference.RefuseOpenly, Failed},
	{"2.2-header-4@srv:max", reference.RefuseWithFrames, NonStrict},
	{"2.2-header-6@srv:http", reference.RefuseSilently, Failed},
	{"2.2-header-6@srv:random", reference.RefuseOpenly, Failed},
	{"2.2-header-7@srv", reference.RefuseSilently, Failed},
	{"2.2-header-7@srv", reference.EchoHeader, Info},
	{"2.2-header-11@srv:split", reference.HeaderInOneRead, Failed},
	{"2.2-header-11@srv:cut", reference.KeepAfterFIN, Info},
	{"2.2-header-11@srv:cut", reference.StuckOnHalfHeader, Hang},

	{"2.3.1-frame-1@srv:", reference.SkipBadSize, Failed},
	{"2.3.1-frame-1@srv:", reference.CutOnError, NonStrict},
	{"2.3.1-frame-1@srv:size-4", reference.WrongCondition, NonStrict},
	{"2.3.1-frame-1@srv:size-4", reference.CrashOnBadSize, Crash},
	{"2.3.1-frame-1@srv:size-4", reference.HangOnBadSize, Hang},
	{"2.3.1-frame-2@srv:", reference.LowDOFF, Failed},
	{"2.3.1-frame-3@srv", reference.HighDOFF, Failed},
	{"2.3.1-frame-4@srv:", reference.NoExtendedHeader, Failed},
	{"2.3.1-frame-5@srv", reference.NoExtendedHeader, Failed},
	{"2.3.1-frame-6@srv", reference.AnyFrameType, Info},
	{"2.3.1-frame-7@srv", reference.IgnoreSASL, NonStrict},
	{"2.3.1-frame-8@srv", reference.SendSASLType, Failed},
	{"2.3.1-frame-8@srv", reference.GarbageAfterOpen, Failed},
	{"2.3.2-frame-1@srv:", reference.IgnoreBadBody, NonStrict},
	{"2.3.2-frame-3@srv", reference.FrameInOneRead, Failed},
	{"2.3.2-frame-4@srv", reference.KeepAfterFIN, Info},

	{"2.4.1-open-1@srv", reference.SecondOpen, Failed},
	{"2.4.1-open-1@srv", reference.CloseWithoutOpen, Failed},
	{"2.4.1-open-2@srv", reference.OpenOnAnyChannel, NonStrict},
	{"2.4.1-open-3@srv", reference.BeginBeforeOpen, NonStrict},
	{"2.4.1-open-3@srv", reference.CloseWithoutOpen, NonStrict},
	{"2.4.1-open-5@srv:", reference.SmallOpen, Failed},
	{"2.4.1-open-6@srv", reference.IgnoreSecondOpen, Info},
	{"2.4.2-pipe-", reference.NoPipelining, Failed},
	{"2.4.3-close-2@srv", reference.FlowAfterClose, Failed},
	{"2.4.3-close-4@srv:plain", reference.NoCloseAnswer, Hang},
	{"2.4.3-close-4@srv:error", reference.NoErrorCloseAnswer, Failed},
	{"2.4.3-close-5@srv", reference.CloseOnlyOnZero, Failed},
	{"2.4.3-close-6@srv", reference.CloseOnOne, NonStrict},
	{"2.4.3-close-7@srv", reference.CloseWithoutError, Failed},
	{"2.4.3-close-7@srv", reference.CutOnError, Inconclusive},
	{"2.4.4-close-2@srv", reference.CloseNeedsEnd, Failed},

	{"2.4.5-idle-1@srv", reference.NoHeartbeats, Failed},
	{"2.4.5-idle-1@srv", reference.LateHeartbeats, NonStrict},
	{"2.4.5-idle-1@srv", reference.RefuseIdle, Info},
	{"2.4.5-idle-4@srv", reference.ZeroIdle, Failed},
	{"2.4.5-idle-7@srv:", reference.RefuseEmpty, Failed},
	{"2.4.5-idle-7@srv:channel-1", reference.EmptyOnlyOnZero, Failed},
	{"2.4.5-idle-10@srv", reference.EmptyBeforeOpen, Failed},
	{"2.4.5-idle-10@srv", reference.FlowAfterClose, Failed},
	{"2.4.5-idle-11@srv", reference.CrashOnEarlyEmpty, Crash},
	{"2.4.5-idle-13@srv", reference.IdleOverflow, Failed},
	{"2.4.6-state-1@srv", reference.NoDiscarding, Failed},
	{"2.4.6-state-3@srv", reference.DropOnHalfClose, Info},
	{"2.4.6-state-5@srv:", reference.KeepAfterFIN, Info},

	{"2.5.1-begin-1@srv", reference.WrongRemoteChannel, Failed},
	{"2.5.1-begin-5@srv", reference.AnyChannel, Failed},
	{"2.7.1-open-1@srv", reference.ChangingContainerID, Failed},
	{"2.7.1-open-2@srv", reference.IgnoreMaxFrameSize, Failed},
	{"2.7.1-open-2@srv", reference.DropLongAttach, NonStrict},
	{"2.7.1-open-3@srv", reference.AcceptOversize, Failed},
	{"2.7.1-open-4@srv:", reference.CrashOnSmallMaxFrame, Crash},
	{"2.7.1-open-7@srv", reference.RefuseLocales, Failed},
}

// saslMutants need a server with a SASL layer.
var saslMutants = []mutant{
	{"2.2-header-10@srv", reference.OpenInsideSASL, Failed},
}

func TestMutantsAreCaught(t *testing.T) {
	for _, m := range mutants {
		mutantIsCaught(t, reference.Config{}, m)
	}
	for _, m := range saslMutants {
		mutantIsCaught(t, reference.Config{SASL: true}, m)
	}
}

func mutantIsCaught(t *testing.T, cfg reference.Config, m mutant) {
	cases := withPrefix(m.id)
	if len(cases) == 0 {
		t.Errorf("no case begins with %s", m.id)
	}
	for _, k := range cases {
		t.Run(k.ID+"/"+string(m.bug), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				res := judge(t, cfg, m.bug, judged(k))[k.ID]
				if res.Verdict.Outcome != m.want {
					t.Errorf("want %s, got %s: %s\n%s", m.want, res.Verdict, res.Verdict.Reason, res.Log)
				}
			})
		})
	}
}

// judged is the case alone, or with all others if it watches them.
func judged(k Case) []Case {
	if k.Watch == nil {
		return []Case{k}
	}
	return Cases()
}

func withPrefix(prefix string) []Case {
	return slices.DeleteFunc(Cases(), func(k Case) bool { return !strings.HasPrefix(k.ID, prefix) })
}

func TestEveryCaseHasAMutant(t *testing.T) {
	for _, k := range Cases() {
		caught := func(m mutant) bool { return strings.HasPrefix(k.ID, m.id) && m.want != OK && m.want != open[k.ID] }
		if !slices.ContainsFunc(mutants, caught) && !slices.ContainsFunc(saslMutants, caught) {
			t.Errorf("no mutant fails %s: then the case proves nothing", k.ID)
		}
	}
}

func TestEveryBugIsUsed(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "internal/reference/bug.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		lit, ok := n.(*ast.BasicLit)
		if !ok {
			return true
		}
		name, _ := strconv.Unquote(lit.Value)
		used := func(m mutant) bool { return string(m.bug) == name }
		if name != "" && !slices.ContainsFunc(mutants, used) && !slices.ContainsFunc(saslMutants, used) {
			t.Errorf("no mutant uses the bug %q", name)
		}
		return true
	})
}
