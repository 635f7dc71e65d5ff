# The binary is all there is in the image: no shell, no package manager, nothing to patch but ourselves.

FROM golang:1.26-bookworm AS build
WORKDIR /src
# The modules first: they change less often than the code, and this layer is kept while they do not.
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=dev
# -buildvcs=false: .git is not in the build context, the version comes as an argument.
RUN CGO_ENABLED=0 go build -buildvcs=false -trimpath -ldflags "-s -w -X main.version=${VERSION}" -o /out/homefront ./cmd/homefront
# What a static binary still looks for: certificates to check its peers' by, a name for its user, a place for temporary files.
RUN mkdir -p /out/image/etc/ssl/certs /out/image/tmp \
    && cp /etc/ssl/certs/ca-certificates.crt /out/image/etc/ssl/certs/ \
    && echo 'nonroot:x:65532:65532:nonroot:/:/sbin/nologin' > /out/image/etc/passwd \
    && echo 'nonroot:x:65532:' > /out/image/etc/group \
    && chmod 1777 /out/image/tmp

FROM scratch
ARG VERSION=dev
LABEL org.opencontainers.image.title="homefront" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /out/image /
COPY --from=build /out/homefront /usr/local/bin/homefront
# By number, so that an orchestrator which insists on a non-root user can see that it is one.
USER 65532:65532
# Inside a container the loopback address would be reachable by nobody.
ENV HOMEFRONT_ADDR=:8080
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 CMD ["/usr/local/bin/homefront", "health"]
ENTRYPOINT ["/usr/local/bin/homefront"]
CMD ["serve"]
