// The reference: client_golang's handler over the same series.
// usage: promhttp COUNT    prints the address it listens on; lives until its standard input ends
package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

func main() {
	count, err := strconv.Atoi(os.Args[len(os.Args)-1])
	if err != nil {
		fmt.Fprintln(os.Stderr, "usage: promhttp COUNT")
		os.Exit(2)
	}
	breaches := prometheus.NewCounterVec(
		prometheus.CounterOpts{Name: "darktrace_model_breaches_total", Help: "Model breaches counted, each once."},
		[]string{"appliance", "model", "category"})
	for appliance := 0; appliance < 3; appliance++ {
		for number := 0; number < (count+appliance)/3; number++ {
			breaches.WithLabelValues(
				fmt.Sprintf("appliance-%d", appliance), fmt.Sprintf("Compromise::Watched Domain %d", 1000000+number),
				"suspicious").Add(float64(number % 9973))
		}
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(breaches)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(listener.Addr())
	go http.Serve(listener, promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	io.Copy(io.Discard, os.Stdin)
}
