package engine

import (
	"math"
	"testing"
	"time"
)

func TestConfigDefaults(t *testing.T) {
	c := *NewConnection(Config{ContainerID: "c"}).Config()
	if c.MaxFrameSize != 32768 || c.MaxSessions != 1024 || c.MaxLinks != 1024 || c.OpenTimeOut != 30*time.Second || c.CloseTimeOut != 10*time.Second ||
		c.IdleTimeOut != 0 || c.IncomingWindow != 2048 || c.IncomingBytes != 2048*32768 || c.MaxUnsettled != 65536 || c.MaxMessageSize != 64<<20 ||
		c.MaxSASLFrameSize != 512 || c.OutputHighWater != 131072 || c.OutputLimit != 16<<20 || c.Side != Client {
		t.Fatalf("the defaults are %+v", c)
	}
}

func TestConfigBounds(t *testing.T) {
	c := Config{MaxFrameSize: 1, MaxSessions: 1 << 20, MaxLinks: -1, OpenTimeOut: -1, CloseTimeOut: -1, IdleTimeOut: 1, IncomingWindow: math.MaxUint32,
		IncomingBytes: 1, MaxUnsettled: -5, MaxMessageSize: math.MaxUint64, MaxSASLFrameSize: 100, OutputHighWater: 1000, OutputLimit: 1}.withDefaults()
	if c.MaxFrameSize != 512 || c.MaxSessions != 65536 || c.MaxLinks != 1024 || c.OpenTimeOut != 0 || c.CloseTimeOut != 0 || c.IdleTimeOut != 2*time.Millisecond ||
		c.IncomingWindow != math.MaxInt32 || c.IncomingBytes != 512 || c.MaxUnsettled != 65536 || c.MaxMessageSize != math.MaxUint64 ||
		c.MaxSASLFrameSize != 512 || c.OutputHighWater != 1000 || c.OutputLimit != 2000 {
		t.Fatalf("the bounds are %+v", c)
	}
	if c = (Config{IdleTimeOut: math.MaxInt64}).withDefaults(); c.IdleTimeOut != 2*math.MaxUint32*time.Millisecond {
		t.Fatalf("the longest idle time-out is %v", c.IdleTimeOut)
	}
}
