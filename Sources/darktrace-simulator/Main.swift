/// The program; it is filled when the rooms below it are.
@main struct Main {
    static func main() {}
}
