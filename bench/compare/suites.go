package main

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
)

// suites builds elbo and lists what there is to compare.
func suites(ctx context.Context, s settings, dir string) ([]suite, error) {
	binary := filepath.Join(dir, "elbo")
	args := []string{"build", "-o", binary}
	if s.xla != "" {
		args = append(args, "-tags", "xla")
	}
	build := exec.CommandContext(ctx, "go", append(args, "./cmd/elbo")...)
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build: %w\n%s", err, out)
	}
	r := runner{s, binary, dir}
	return append(r.zoo(), r.usual()...), nil
}

// usual are the suites of training and operations as such.
func (r runner) usual() []suite {
	return []suite{
		{name: "vae", title: "784-400-20 VAE, an epoch of 60,000 rows, batch 128", list: r.dense()},
		{name: "conv-vae-28", title: "convolutional VAE on MNIST, a step of 128 images", list: r.images28()},
		{name: "conv-vae-32", title: "convolutional VAE on 32×32×3, a step of 128 images", list: r.images32()},
		{name: "transformer", title: "transformer of 4 layers, width 256, 256 tokens, batch 8, a step", list: r.transformer()},
		{name: "conv-forward", title: "3×3 convolution 64×28×28×32→64, forward", list: r.convolution("forward")},
		{name: "conv-backward", title: "3×3 convolution 64×28×28×32→64, both gradients", list: r.convolution("backward")},
	}
}

// runner knows where the program is and how to run it.
type runner struct {
	settings
	binary, dir string
}

// engine is elbo's backend with the threads of the comparison, and more of a configuration.
func (r runner) engine(more string) string { return fmt.Sprintf("elbo:threads=%d%s", r.threads, more) }

// peer is a script of bench/peers.
func (r runner) peer(name, script string, args ...string) contestant {
	return contestant{name, func(ctx context.Context) ([]float64, error) { return peers(ctx, r.settings, script, args...) }}
}

// dense is the classic VAE; a time is that of an epoch.
func (r runner) dense() []contestant {
	elbo := func(name, backend string) contestant {
		return contestant{name, func(ctx context.Context) ([]float64, error) { return r.trains(ctx, backend, rows, "vae") }}
	}
	epochs := fmt.Sprint(r.epochs)
	list := []contestant{
		elbo("elbo", r.engine("")), elbo("elbo avx2", r.engine(",isa=avx2")), elbo("elbo 1 thread", "elbo:threads=1"),
		r.peer("torch eager", "speed_torch.py", "--mode", "eager", "--epochs", epochs),
		r.peer("torch tuned", "speed_torch.py", "--mode", "tuned", "--epochs", epochs),
		r.peer("torch compile", "speed_torch.py", "--mode", "compile", "--epochs", epochs),
		r.peer("jax jit", "speed_jax.py", "--epochs", epochs),
	}
	if r.xla != "" {
		list = append(list, elbo("gomlx xla", "xla:"+r.xla))
	}
	if r.stock {
		list = append(list, elbo("gomlx go", "go"))
	}
	return list
}

// batch is the number of rows of a step.
const batch = 128

// images28 is the convolutional VAE on 12,800 images of MNIST; a time is that of a step.
func (r runner) images28() []contestant {
	elbo := func(ctx context.Context) ([]float64, error) {
		return r.trains(ctx, r.engine(""), batch, "conv-vae", "--max-rows", "12800")
	}
	return []contestant{{"elbo", elbo}, r.peer("torch eager", "torch_conv_vae.py", "--rows", "12800", "--epochs", fmt.Sprint(r.epochs+1))}
}

func (r runner) images32() []contestant {
	return []contestant{
		r.benchmark("elbo", "./vae", "ConvStep/32x32x3"),
		r.peer("torch eager", "torch_conv_vae.py", "--data", "random", "--epochs", fmt.Sprint(r.epochs)),
	}
}

func (r runner) transformer() []contestant {
	return []contestant{r.benchmark("elbo", "./nn", "TransformerStep/elbo"), r.peer("torch eager", "torch_transformer.py", "--steps", "8")}
}

// convolution takes elbo's times from `elbo bench`.
func (r runner) convolution(pass string) []contestant {
	wanted := map[string][]string{"forward": {"forward"}, "backward": {"∂x", "∂w"}}[pass]
	elbo := func(ctx context.Context) ([]float64, error) {
		text, err := exec.CommandContext(ctx, r.binary, "bench", "--rows", "0", "--json", "--backend", r.engine("")).Output()
		if err != nil {
			return nil, err
		}
		return passes(text, "64×28×28×32→64 3×3/1 ", wanted)
	}
	return []contestant{
		{"elbo", elbo},
		r.peer("torch last", "speed_conv_torch.py", "--pass", pass),
		r.peer("torch first", "speed_conv_torch.py", "--pass", pass, "--layout", "first"),
	}
}

// rows is the number of rows of an epoch.
const rows = 60_000
